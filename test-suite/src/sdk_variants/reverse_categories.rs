//! Submits the categories in reverse order. Nothing defines an order between them.

use std::sync::Arc;

use super::SdkVariant;
use crate::reference_sdk::{ConformingSdk, Item, SdkBehaviour};

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "reverse-categories",
    summary: "submits the categories in the opposite order",
    fits: |_| true,
    make: || Arc::new(ReverseCategories),
};

struct ReverseCategories;

impl SdkBehaviour for ReverseCategories {
    fn pack(&self, items: Vec<Item>, most: &dyn Fn(&str) -> usize) -> Vec<Vec<Item>> {
        let mut batches = ConformingSdk.pack(items, most);
        batches.sort_by(|one, other| category(other).cmp(&category(one)));
        batches
    }
}

fn category(batch: &[Item]) -> Option<&str> {
    batch.first().map(|item| item.category.as_str())
}
