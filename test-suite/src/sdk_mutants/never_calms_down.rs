//! Never begins its backoff anew.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::SdkConduct;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "never-calms-down",
    mistake: "counts failures for ever, so that each later one is waited for as long as can be",
    breaks: "sync/no-backoff",
    make: || Arc::new(NeverCalmsDown),
};

struct NeverCalmsDown;

impl SdkConduct for NeverCalmsDown {
    fn failures_after_success(&self, before: u32) -> u32 {
        before
    }
}
