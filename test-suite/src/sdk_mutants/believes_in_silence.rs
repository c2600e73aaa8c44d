//! Takes a missing answer for a success.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{SdkBehaviour, VendorAnswer};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "believes-in-silence",
    mistake: "tells its app that the user exists, though no answer came",
    breaks: "user/lost-answer-duplicates",
    make: || Arc::new(BelievesInSilence),
};

struct BelievesInSilence;

impl SdkBehaviour for BelievesInSilence {
    fn tells_failure(&self, answer: Option<&VendorAnswer>) -> bool {
        answer.is_some()
    }
}
