//! Takes an unavailable vendor for a refusal.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{AnswerClass, SdkBehaviour, VendorAnswer};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "drops-unavailable",
    mistake: "drops a batch when the vendor is unavailable",
    breaks: "sync/gives-up-the-hopeful",
    make: || Arc::new(DropsUnavailable),
};

struct DropsUnavailable;

impl SdkBehaviour for DropsUnavailable {
    fn class(&self, answer: &VendorAnswer) -> AnswerClass {
        if answer.status == 503 { AnswerClass::Hopeless } else { AnswerClass::of(answer) }
    }
}
