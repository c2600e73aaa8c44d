//! Keeps a stack instead of a queue.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{ConformingSdk, Item, SdkBehaviour};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "newest-first",
    mistake: "submits the newest records first",
    breaks: "sync/out-of-order",
    make: || Arc::new(NewestFirst),
};

struct NewestFirst;

impl SdkBehaviour for NewestFirst {
    fn pack(&self, mut items: Vec<Item>, most: &dyn Fn(&str) -> usize) -> Vec<Vec<Item>> {
        items.reverse();
        ConformingSdk.pack(items, most)
    }
}
