//! Waits for its vendor for ten minutes.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::Mutant;
use crate::reference::{BackendBehaviour, CallTimeout};

pub(super) const MUTANT: Mutant = Mutant {
    name: "waits-for-minutes",
    mistake: "waits for its vendor for ten minutes",
    breaks: "transport/no-timeout",
    make: || Arc::new(WaitsForMinutes),
};

struct WaitsForMinutes;

impl BackendBehaviour for WaitsForMinutes {
    fn timeout(&self) -> CallTimeout {
        CallTimeout::Whole(Millis::from_secs(600))
    }
}
