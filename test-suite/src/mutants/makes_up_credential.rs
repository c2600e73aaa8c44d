//! Hands out a text of its own.

use std::sync::Arc;

use standin_contracts::protocol::CommandName;

use super::Mutant;
use crate::reference::{AppAnswer, BackendBehaviour, Conforming, Outcome, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "makes-up-credential",
    mistake: "hands out the first half of each credential",
    breaks: "credential/not-the-vendors",
    make: || Arc::new(MakesUpCredential),
};

struct MakesUpCredential;

impl BackendBehaviour for MakesUpCredential {
    fn answer(&self, vendor_client: &VendorClient, outcome: &Outcome) -> AppAnswer {
        match outcome {
            Outcome::Granted(value) if vendor_client.contract().has(CommandName::IssueCredential) => {
                let half = value.chars().take(value.chars().count() / 2).collect();
                Conforming.answer(vendor_client, &Outcome::Granted(half))
            }
            other => Conforming.answer(vendor_client, other),
        }
    }
}
