//! Has several batches of a category under way at once.

use std::sync::Arc;

use super::SdkVariant;
use crate::reference_sdk::{ConformingSdk, Item, SdkBehaviour};

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "several-workers",
    summary: "submits three batches of a category at a time, of one item each",
    fits: |_| true,
    make: || Arc::new(SeveralWorkers),
};

struct SeveralWorkers;

impl SdkBehaviour for SeveralWorkers {
    fn pack(&self, items: Vec<Item>, _: &dyn Fn(&str) -> usize) -> Vec<Vec<Item>> {
        ConformingSdk.pack(items, &|_| 1)
    }

    fn workers(&self) -> usize {
        3
    }
}
