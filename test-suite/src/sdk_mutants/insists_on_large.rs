//! Has never heard of parts.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{Answer, Meaning, SdkConduct};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "insists-on-large",
    mistake: "brings a batch again as it is that was too large",
    breaks: "sync/retries-the-hopeless",
    make: || Arc::new(InsistsOnLarge),
};

struct InsistsOnLarge;

impl SdkConduct for InsistsOnLarge {
    fn meaning(&self, answer: &Answer) -> Meaning {
        match Meaning::of(answer) {
            Meaning::TooLarge => Meaning::Passing,
            meaning => meaning,
        }
    }
}
