//! Never increases its waits, however often it failed.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "waits-ever-alike",
    mistake: "waits up to a second before each try, however many have failed",
    breaks: "sync/no-backoff",
    make: || Arc::new(WaitsEverAlike),
};

struct WaitsEverAlike;

impl SdkBehaviour for WaitsEverAlike {
    fn jitter(&self, _: Millis, drawn: u64) -> Millis {
        Millis::new(drawn % 1000)
    }
}
