//! Equal jitter: half of each wait is fixed, and half is random.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::SdkVariant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "equal-jitter",
    summary: "waits between half and all of its longest wait",
    fits: |_| true,
    make: || Arc::new(EqualJitter),
};

struct EqualJitter;

impl SdkBehaviour for EqualJitter {
    fn jitter(&self, longest: Millis, drawn: u64) -> Millis {
        let half = longest.get() / 2;
        Millis::new(half + drawn % (half + 1))
    }
}
