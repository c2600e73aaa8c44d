//! Draws each wait between the last one's length and three times as much, as decorrelated jitter does.

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
