//! Begins its first round late.

use std::sync::Arc;

use standin_contracts::protocol::{Millis, Timestamp};

use super::SdkVariant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "slow-start",
    summary: "begins its first round a whole interval after it was told to sync",
    fits: |_| true,
    make: || Arc::new(SlowStart),
};

struct SlowStart;

impl SdkBehaviour for SlowStart {
    fn first_round(&self, now: Timestamp, interval: Millis) -> Timestamp {
        now.after(interval)
    }
}
