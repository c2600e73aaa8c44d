//! Takes whatever is no success for a moment's failure.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{Answer, Meaning, SdkConduct};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "retries-bad-request",
    mistake: "brings a batch again that the vendor can't read",
    breaks: "sync/retries-the-hopeless",
    make: || Arc::new(RetriesBadRequest),
};

struct RetriesBadRequest;

impl SdkConduct for RetriesBadRequest {
    fn meaning(&self, answer: &Answer) -> Meaning {
        if answer.status == 400 { Meaning::Passing } else { Meaning::of(answer) }
    }
}
