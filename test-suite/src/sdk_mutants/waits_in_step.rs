//! Waits exactly as long as every other install.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "waits-in-step",
    mistake: "waits exactly as long as every other install before a retry",
    breaks: "sync/no-jitter",
    make: || Arc::new(WaitsInStep),
};

struct WaitsInStep;

impl SdkBehaviour for WaitsInStep {
    fn jitter(&self, longest: Millis, _: u64) -> Millis {
        longest
    }
}
