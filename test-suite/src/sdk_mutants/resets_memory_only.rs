//! Forgets its user until it is started again.

use std::sync::Arc;

use standin_contracts::protocol::SdkCommandName;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "resets-memory-only",
    mistake: "resets what it holds in memory, and not what it stored",
    breaks: "user/state-not-cleared",
    make: || Arc::new(ResetsMemoryOnly),
};

struct ResetsMemoryOnly;

impl SdkBehaviour for ResetsMemoryOnly {
    fn stores(&self, after: Option<SdkCommandName>) -> bool {
        after != Some(SdkCommandName::Reset)
    }
}
