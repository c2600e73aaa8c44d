//! Puts together anew what may have arrived.

use std::sync::Arc;

use standin_contracts::protocol::Dedupe;

use super::SdkVariant;
use crate::reference_sdk::{Again, SdkBehaviour};

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "repacks",
    summary: "submits what failed in a new batch with what was recorded since, where the vendor knows items again",
    fits: |contract| contract.facts.sync.dedupe.value == Dedupe::Item,
    make: || Arc::new(Repacks),
};

struct Repacks;

impl SdkBehaviour for Repacks {
    fn again(&self) -> Again {
        Again::Repacked
    }
}
