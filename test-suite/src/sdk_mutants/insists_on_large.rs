//! Has never heard of parts.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{AnswerClass, SdkBehaviour, VendorAnswer};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "insists-on-large",
    mistake: "submits a batch again as it is that was too large",
    breaks: "sync/retries-the-hopeless",
    make: || Arc::new(InsistsOnLarge),
};

struct InsistsOnLarge;

impl SdkBehaviour for InsistsOnLarge {
    fn class(&self, answer: &VendorAnswer) -> AnswerClass {
        match AnswerClass::of(answer) {
            AnswerClass::TooLarge => AnswerClass::Passing,
            class => class,
        }
    }
}
