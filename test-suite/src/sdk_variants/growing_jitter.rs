//! Decorrelated jitter: each wait is random between the last one's longest length and three times as much.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::SdkVariant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "growing-jitter",
    summary: "waits between half and one and a half of its longest wait",
    fits: |_| true,
    make: || Arc::new(GrowingJitter),
};

struct GrowingJitter;

impl SdkBehaviour for GrowingJitter {
    fn jitter(&self, longest: Millis, drawn: u64) -> Millis {
        Millis::new(longest.get() / 2 + drawn % (longest.get() + 1))
    }
}
