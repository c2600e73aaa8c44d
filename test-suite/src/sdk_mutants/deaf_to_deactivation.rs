//! Takes its deactivation for the refusal of one batch.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{AnswerClass, SdkBehaviour, VendorAnswer};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "deaf-to-deactivation",
    mistake: "goes on after the vendor said that another device replaced it",
    breaks: "session/deactivated-sends",
    make: || Arc::new(DeafToDeactivation),
};

struct DeafToDeactivation;

impl SdkBehaviour for DeafToDeactivation {
    fn class(&self, answer: &VendorAnswer) -> AnswerClass {
        match AnswerClass::of(answer) {
            AnswerClass::Deactivated => AnswerClass::Hopeless,
            class => class,
        }
    }
}
