//! Syncs far too often.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "reads-minutes-for-hours",
    mistake: "syncs sixty times as often as it was told",
    breaks: "sync/off-schedule",
    make: || Arc::new(ReadsMinutesForHours),
};

struct ReadsMinutesForHours;

impl SdkBehaviour for ReadsMinutesForHours {
    fn interval(&self, told: Millis) -> Millis {
        Millis::new(told.get() / 60)
    }
}
