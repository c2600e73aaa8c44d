//! Lets go of a batch only the second time.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;

use super::SdkMutant;
use crate::reference_sdk::{Batch, SdkConduct};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "brings-twice",
    mistake: "brings each batch once more after the vendor has kept it",
    breaks: "sync/item-repeated",
    make: || Arc::new(BringsTwice::default()),
};

#[derive(Default)]
struct BringsTwice {
    /// The batches that were kept once.
    seen: Mutex<BTreeSet<String>>,
}

impl SdkConduct for BringsTwice {
    fn lets_go(&self, batch: &Batch) -> bool {
        let is_first = self.seen.lock().insert(batch.id.clone());
        !is_first
    }
}
