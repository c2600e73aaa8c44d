//! Waits as long as everybody else.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "waits-in-step",
    mistake: "waits exactly as long as each other install before it tries again",
    breaks: "sync/no-jitter",
    make: || Arc::new(WaitsInStep),
};

struct WaitsInStep;

impl SdkBehaviour for WaitsInStep {
    fn jitter(&self, longest: Millis, _: u64) -> Millis {
        longest
    }
}
