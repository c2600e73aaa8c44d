//! Puts the items of a batch that may have arrived into a new batch.

use std::sync::Arc;

use standin_contracts::protocol::Dedupe;

use super::SdkVariant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "repacks",
    summary: "submits failed items with newer ones in a new batch, where the vendor deduplicates items",
    fits: |contract| contract.facts.sync.dedupe.value == Dedupe::Item,
    make: || Arc::new(Repacks),
};

struct Repacks;

impl SdkBehaviour for Repacks {
    fn repacks(&self) -> bool {
        true
    }
}
