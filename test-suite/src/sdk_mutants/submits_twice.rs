//! Deletes a batch only after the second submission.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;

use super::SdkMutant;
use crate::reference_sdk::{Batch, SdkBehaviour};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "submits-twice",
    mistake: "submits each batch once more after the vendor has kept it",
    breaks: "sync/item-repeated",
    make: || Arc::new(SubmitsTwice::default()),
};

#[derive(Default)]
struct SubmitsTwice {
    /// The batches that the vendor has accepted once. An id is removed with its batch, so that a generated case can be
    /// replayed with the same ids.
    kept_once: Mutex<BTreeSet<String>>,
}

impl SdkBehaviour for SubmitsTwice {
    fn lets_go(&self, batch: &Batch) -> bool {
        let mut kept_once = self.kept_once.lock();
        let is_second = kept_once.remove(&batch.id);
        if !is_second {
            kept_once.insert(batch.id.clone());
        }
        is_second
    }
}
