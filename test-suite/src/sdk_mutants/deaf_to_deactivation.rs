//! Takes the end of its place for a moment's failure.

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
            Meaning::Deactivated => Meaning::Passing,
            meaning => meaning,
        }
    }
}
