//! Takes a vendor that is down for one that refuses.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{Answer, Meaning, SdkConduct};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "drops-unavailable",
    mistake: "drops a batch that the vendor can't take now",
    breaks: "sync/gives-up-the-hopeful",
    make: || Arc::new(DropsUnavailable),
};

struct DropsUnavailable;

impl SdkConduct for DropsUnavailable {
    fn meaning(&self, answer: &Answer) -> Meaning {
        if answer.status == 503 { Meaning::Hopeless } else { Meaning::of(answer) }
    }
}
