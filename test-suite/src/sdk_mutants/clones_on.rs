//! Uses the storage of another device as its own.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{SdkBehaviour, Stored};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "clones-on",
    mistake: "goes on as the install whose backup was restored on its device",
    breaks: "session/cloned",
    make: || Arc::new(ClonesOn),
};

struct ClonesOn;

impl SdkBehaviour for ClonesOn {
    fn is_own(&self, _: &Stored, _: &str) -> bool {
        true
    }
}
