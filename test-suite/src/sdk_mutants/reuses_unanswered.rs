//! Takes a request that nobody answered for one that nobody got.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{Answer, SdkConduct};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "reuses-unanswered",
    mistake: "sends a credential again when no answer came",
    breaks: "credential/reused",
    make: || Arc::new(ReusesUnanswered),
};

struct ReusesUnanswered;

impl SdkConduct for ReusesUnanswered {
    fn creates_again(&self, answer: Option<&Answer>, tries: u32) -> bool {
        answer.is_none() && tries < 3
    }
}
