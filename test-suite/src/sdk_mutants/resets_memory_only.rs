//! Forgets its user only until its next start.

use std::sync::Arc;

use standin_contracts::protocol::SdkCommandName;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "resets-memory-only",
    mistake: "resets its memory, but not its storage",
    breaks: "user/state-not-cleared",
    make: || Arc::new(ResetsMemoryOnly),
};

struct ResetsMemoryOnly;

impl SdkBehaviour for ResetsMemoryOnly {
    fn stores(&self, after: Option<SdkCommandName>) -> bool {
        after != Some(SdkCommandName::Reset)
    }
}
