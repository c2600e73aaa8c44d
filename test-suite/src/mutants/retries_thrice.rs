//! Retries a failed read once more than the contract allows.

use std::sync::Arc;

use standin_contracts::protocol::{CommandName, Millis};

use super::Mutant;
use crate::reference::{BackendBehaviour, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "retries-thrice",
    mistake: "retries a failed read three times",
    breaks: "readback/retry-schedule",
    make: || Arc::new(RetriesThrice),
};

struct RetriesThrice;

impl BackendBehaviour for RetriesThrice {
    fn pauses(&self, vendor_client: &VendorClient, command: CommandName) -> Vec<Millis> {
        let mut pauses = vendor_client.pauses(command);
        if command == CommandName::ReadBack {
            pauses.push(Millis::from_secs(10));
        }
        pauses
    }
}
