//! Accepts records before it has stored them.

use std::sync::Arc;

use standin_contracts::protocol::SdkCommandName;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "records-in-memory",
    mistake: "keeps records in memory until something else is stored",
    breaks: "sync/item-lost",
    make: || Arc::new(RecordsInMemory),
};

struct RecordsInMemory;

impl SdkBehaviour for RecordsInMemory {
    fn stores(&self, after: Option<SdkCommandName>) -> bool {
        after != Some(SdkCommandName::Record)
    }
}
