//! Does not split a batch.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{AnswerClass, SdkBehaviour, VendorAnswer};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "insists-on-large",
    mistake: "submits a batch that was too large again, unchanged",
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
