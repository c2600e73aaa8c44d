//! Keeps its count of failures after a success.

use std::sync::Arc;

use super::SdkVariant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "never-forgets-failures",
    summary: "waits as long after a success as before it",
    fits: |_| true,
    make: || Arc::new(NeverForgetsFailures),
};

struct NeverForgetsFailures;

impl SdkBehaviour for NeverForgetsFailures {
    fn failures_after_success(&self, before: u32) -> u32 {
        before
    }
}
