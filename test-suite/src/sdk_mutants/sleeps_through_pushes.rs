//! Ignores its vendor's pushes.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "sleeps-through-pushes",
    mistake: "ignores the vendor's pushes",
    breaks: "push/wake-unanswered",
    make: || Arc::new(SleepsThroughPushes),
};

struct SleepsThroughPushes;

impl SdkBehaviour for SleepsThroughPushes {
    fn wakes(&self, _: bool, _: bool) -> bool {
        false
    }
}
