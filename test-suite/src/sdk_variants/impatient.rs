//! Times out earlier.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::SdkVariant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "impatient",
    summary: "waits ten seconds for an answer",
    fits: |_| true,
    make: || Arc::new(Impatient),
};

struct Impatient;

impl SdkBehaviour for Impatient {
    fn timeout(&self) -> Millis {
        Millis::from_secs(10)
    }
}
