//! Erases the user at the vendor when it should only sign out.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "erases-at-reset",
    mistake: "has its user erased when its app only resets it",
    breaks: "user/not-restored",
    make: || Arc::new(ErasesAtReset),
};

struct ErasesAtReset;

impl SdkBehaviour for ErasesAtReset {
    fn erases_at_reset(&self) -> bool {
        true
    }
}
