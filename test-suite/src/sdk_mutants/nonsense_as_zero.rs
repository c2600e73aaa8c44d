//! Reads a value that is not a number as zero.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::SdkMutant;
use crate::reference_sdk::{ConformingSdk, RetryAfter, SdkBehaviour};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "nonsense-as-zero",
    mistake: "reads a malformed `Retry-After` as zero",
    breaks: "sync/retry-after-ignored",
    make: || Arc::new(NonsenseAsZero),
};

struct NonsenseAsZero;

impl SdkBehaviour for NonsenseAsZero {
    fn pause(&self, own: Millis, told: Option<RetryAfter>) -> Millis {
        match told {
            Some(RetryAfter::Nonsense) => Millis::new(0),
            told => ConformingSdk.pause(own, told),
        }
    }
}
