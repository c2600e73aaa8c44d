//! Hopes that a refused credential is better the second time.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{Answer, SdkConduct};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "sends-refused-again",
    mistake: "sends a credential again that was refused",
    breaks: "credential/stale-retry",
    make: || Arc::new(SendsRefusedAgain),
};

struct SendsRefusedAgain;

impl SdkConduct for SendsRefusedAgain {
    fn creates_again(&self, answer: Option<&Answer>, tries: u32) -> bool {
        answer.is_some_and(|answer| answer.status < 500) && tries < 2
    }
}
