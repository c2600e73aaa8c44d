//! Passes the vendor's refusal to its app unchanged.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppAnswer, BackendBehaviour, Conforming, Outcome, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "hands-over-error",
    mistake: "passes the vendor's error body to its app",
    breaks: "key/refusal-leaked",
    make: || Arc::new(HandsOverError),
};

struct HandsOverError;

impl BackendBehaviour for HandsOverError {
    fn answer(&self, vendor_client: &VendorClient, outcome: &Outcome) -> AppAnswer {
        match outcome {
            Outcome::Refused(response) => AppAnswer {
                status: response.status,
                headers: Vec::new(),
                body: String::from_utf8_lossy(&response.body).into_owned(),
            },
            outcome => Conforming.answer(vendor_client, outcome),
        }
    }
}
