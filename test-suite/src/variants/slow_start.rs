//! Listens long after its start, as a backend does that fills its caches first.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::Variant;
use crate::reference::BackendBehaviour;

pub(super) const VARIANT: Variant =
    Variant { name: "slow-start", summary: "starts to listen late", make: || Arc::new(SlowStart), adapt: |_| {} };

struct SlowStart;

impl BackendBehaviour for SlowStart {
    fn listens_after(&self) -> Millis {
        Millis::from_secs(20)
    }
}
