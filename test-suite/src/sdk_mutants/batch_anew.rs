//! Sends a batch that may have been accepted under a new id.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "batch-anew",
    mistake: "gives a batch that may have arrived a new id",
    breaks: "sync/retry-changed",
    make: || Arc::new(BatchAnew),
};

struct BatchAnew;

impl SdkBehaviour for BatchAnew {
    fn renames(&self, in_doubt: bool) -> bool {
        in_doubt
    }
}
