//! Throws away what it holds when it is told to stop.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{SdkBehaviour, Stored, Syncing};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "drops-at-stop",
    mistake: "throws away what waits for another try when it is told to stop",
    breaks: "sync/gives-up-the-hopeful",
    make: || Arc::new(DropsAtStop),
};

struct DropsAtStop;

impl SdkBehaviour for DropsAtStop {
    fn stop(&self, stored: &mut Stored) {
        stored.syncing = Syncing::Stopped;
        stored.next_round = None;
        stored.round_open = false;
        stored.batches.clear();
    }
}
