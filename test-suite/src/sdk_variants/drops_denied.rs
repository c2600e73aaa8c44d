//! Accepts records of denied categories, and drops them.

use std::sync::Arc;

use super::SdkVariant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "drops-denied",
    summary: "says that it accepted records of denied categories, and drops them",
    fits: |_| true,
    make: || Arc::new(DropsDenied),
};

struct DropsDenied;

impl SdkBehaviour for DropsDenied {
    fn accepts_denied(&self) -> bool {
        true
    }
}
