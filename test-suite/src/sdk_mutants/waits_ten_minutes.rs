//! Waits far too long for a vendor that hangs.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "waits-ten-minutes",
    mistake: "waits ten minutes for each answer",
    breaks: "transport/no-timeout",
    make: || Arc::new(WaitsTenMinutes),
};

struct WaitsTenMinutes;

impl SdkBehaviour for WaitsTenMinutes {
    fn timeout(&self) -> Millis {
        Millis::from_secs(600)
    }
}
