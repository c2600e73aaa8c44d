//! Retries a failed read sooner than the contract allows.

use std::sync::Arc;

use standin_contracts::protocol::{CommandName, Millis};

use super::Mutant;
use crate::reference::{BackendBehaviour, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "retries-too-soon",
    mistake: "retries a failed read after half a second",
    breaks: "readback/retry-schedule",
    make: || Arc::new(RetriesTooSoon),
};

struct RetriesTooSoon;

impl BackendBehaviour for RetriesTooSoon {
    fn pauses(&self, vendor_client: &VendorClient, command: CommandName) -> Vec<Millis> {
        match command {
            CommandName::ReadBack => vec![Millis::new(500); 2],
            other => vendor_client.pauses(other),
        }
    }
}
