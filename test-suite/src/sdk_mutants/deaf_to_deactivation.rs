//! Takes the loss of its place for the refusal of one batch.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{Answer, Meaning, SdkConduct};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "deaf-to-deactivation",
    mistake: "goes on after it was told that another device has its place",
    breaks: "session/deactivated-sends",
    make: || Arc::new(DeafToDeactivation),
};

struct DeafToDeactivation;

impl SdkConduct for DeafToDeactivation {
    fn meaning(&self, answer: &Answer) -> Meaning {
        match Meaning::of(answer) {
            Meaning::Deactivated => Meaning::Hopeless,
            meaning => meaning,
        }
    }
}
