//! Takes a permanent refusal for a temporary failure.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{AnswerClass, SdkBehaviour, VendorAnswer};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "retries-bad-request",
    mistake: "retries a batch that the vendor can't parse",
    breaks: "sync/retries-the-hopeless",
    make: || Arc::new(RetriesBadRequest),
};

struct RetriesBadRequest;

impl SdkBehaviour for RetriesBadRequest {
    fn class(&self, answer: &VendorAnswer) -> AnswerClass {
        if answer.status == 400 { AnswerClass::Passing } else { AnswerClass::of(answer) }
    }
}
