//! Submits each item in a batch of its own.

use std::sync::Arc;

use super::SdkVariant;
use crate::reference_sdk::{ConformingSdk, Item, SdkBehaviour};

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "one-item-a-batch",
    summary: "puts one item into a batch",
    fits: |_| true,
    make: || Arc::new(OneItemABatch),
};

struct OneItemABatch;

impl SdkBehaviour for OneItemABatch {
    fn pack(&self, items: Vec<Item>, _: &dyn Fn(&str) -> usize) -> Vec<Vec<Item>> {
        ConformingSdk.pack(items, &|_| 1)
    }
}
