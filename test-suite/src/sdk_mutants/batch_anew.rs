//! Sends a batch that may have been accepted under a new id.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{Again, SdkBehaviour, VendorAnswer};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "batch-anew",
    mistake: "gives a batch that may have arrived a new id",
    breaks: "sync/retry-changed",
    make: || Arc::new(BatchAnew),
};

struct BatchAnew;

impl SdkBehaviour for BatchAnew {
    /// A batch that was surely not kept may have another id.
    fn again(&self, answer: Option<&VendorAnswer>) -> Again {
        let is_known = |answer: &VendorAnswer| !answer.replies.is_empty() || (400..500).contains(&answer.status);
        if answer.is_some_and(is_known) { Again::Same } else { Again::Renamed }
    }
}
