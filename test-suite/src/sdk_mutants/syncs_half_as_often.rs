//! Syncs too rarely.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "syncs-half-as-often",
    mistake: "waits twice as long between rounds as it was told",
    breaks: "sync/off-schedule",
    make: || Arc::new(SyncsHalfAsOften),
};

struct SyncsHalfAsOften;

impl SdkBehaviour for SyncsHalfAsOften {
    fn interval(&self, told: Millis) -> Millis {
        Millis::new(told.get() * 2)
    }
}
