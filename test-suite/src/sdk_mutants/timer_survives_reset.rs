//! Forgets its user, and not the round that is due.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{SdkConduct, Stored};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "timer-survives-reset",
    mistake: "leaves its timer running at a reset, with the session that it was set for",
    breaks: "sync/after-stop",
    make: || Arc::new(TimerSurvivesReset),
};

struct TimerSurvivesReset;

impl SdkConduct for TimerSurvivesReset {
    fn wipe(&self, stored: &mut Stored) {
        let before = stored.clone();
        stored.wipe();
        stored.session = before.session;
        (stored.queue, stored.batches) = (before.queue, before.batches);
        (stored.syncing, stored.next_round, stored.interval) = (before.syncing, before.next_round, before.interval);
    }

    fn may_sync(&self, stored: &Stored) -> bool {
        stored.session.is_some()
    }
}
