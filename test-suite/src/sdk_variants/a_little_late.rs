//! Syncs a little less often, as a device does that sleeps.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::SdkVariant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "a-little-late",
    summary: "waits a twentieth longer between rounds than it was told",
    fits: |_| true,
    make: || Arc::new(ALittleLate),
};

struct ALittleLate;

impl SdkBehaviour for ALittleLate {
    fn interval(&self, told: Millis) -> Millis {
        Millis::new(told.get() + told.get() / 20)
    }
}
