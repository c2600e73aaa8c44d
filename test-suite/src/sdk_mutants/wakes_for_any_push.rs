//! Syncs for every push.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "wakes-for-any-push",
    mistake: "syncs for a push of another sender",
    breaks: "push/foreign-forwarded",
    make: || Arc::new(WakesForAnyPush),
};

struct WakesForAnyPush;

impl SdkBehaviour for WakesForAnyPush {
    fn wakes(&self, _: bool, has_slept: bool) -> bool {
        has_slept
    }
}
