//! Sends a batch that may have been accepted under a new id.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{Again, SdkBehaviour};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "batch-anew",
    mistake: "gives a batch a new id at each retry",
    breaks: "sync/retry-changed",
    make: || Arc::new(BatchAnew),
};

struct BatchAnew;

impl SdkBehaviour for BatchAnew {
    fn again(&self) -> Again {
        Again::Renamed
    }
}
