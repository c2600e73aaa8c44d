//! Stops its rounds, but not its retries.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{SdkBehaviour, Stored, Syncing};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "retries-after-stop",
    mistake: "retries a batch after it was told to stop",
    breaks: "sync/after-stop",
    make: || Arc::new(RetriesAfterStop),
};

struct RetriesAfterStop;

impl SdkBehaviour for RetriesAfterStop {
    fn stop(&self, stored: &mut Stored) {
        stored.syncing = Syncing::Stopped;
        stored.next_round = None;
    }
}
