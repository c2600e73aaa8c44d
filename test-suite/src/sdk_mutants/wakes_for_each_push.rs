//! Syncs for each push of a burst.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "wakes-for-each-push",
    mistake: "begins a sync for each push of a burst",
    breaks: "push/wake-storm",
    make: || Arc::new(WakesForEachPush),
};

struct WakesForEachPush;

impl SdkBehaviour for WakesForEachPush {
    fn wakes(&self, is_ours: bool, _: bool) -> bool {
        is_ours
    }
}
