//! Adds items to a batch that was sent already.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "fills-up-batches",
    mistake: "adds new items to a failed batch, under its old id",
    breaks: "sync/retry-changed",
    make: || Arc::new(FillsUpBatches),
};

struct FillsUpBatches;

impl SdkBehaviour for FillsUpBatches {
    fn fills_up(&self) -> bool {
        true
    }
}
