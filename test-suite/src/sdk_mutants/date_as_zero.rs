//! Reads `Retry-After` in seconds only, and takes a date for zero.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::SdkMutant;
use crate::reference_sdk::{ConformingSdk, RetryAfter, SdkBehaviour};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "date-as-zero",
    mistake: "reads a date in `Retry-After` as zero",
    breaks: "sync/retry-after-ignored",
    make: || Arc::new(DateAsZero),
};

struct DateAsZero;

impl SdkBehaviour for DateAsZero {
    fn pause(&self, own: Millis, told: Option<RetryAfter>) -> Millis {
        match told {
            Some(RetryAfter::Date(_)) => Millis::new(0),
            told => ConformingSdk.pause(own, told),
        }
    }
}
