//! Retries a request for its user that got no answer.

use std::sync::Arc;

use super::SdkVariant;
use crate::reference_sdk::{SdkBehaviour, VendorAnswer};

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "asks-again-unanswered",
    summary: "sends a credential once more if there was no answer",
    fits: |_| true,
    make: || Arc::new(AsksAgainUnanswered),
};

struct AsksAgainUnanswered;

impl SdkBehaviour for AsksAgainUnanswered {
    fn creates_again(&self, answer: Option<&VendorAnswer>, tries: u32) -> bool {
        answer.is_none() && tries < 2
    }
}
