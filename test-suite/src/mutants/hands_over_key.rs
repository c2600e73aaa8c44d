//! Sends its app the server key in a debug header.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Mutant;
use crate::reference::{AppAnswer, BackendBehaviour, Conforming, Outcome, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "hands-over-key",
    mistake: "shows the server key to its app, in base64",
    breaks: "key/outside-server-leg",
    make: || Arc::new(HandsOverKey),
};

struct HandsOverKey;

impl BackendBehaviour for HandsOverKey {
    fn answer(&self, vendor_client: &VendorClient, outcome: &Outcome) -> AppAnswer {
        let mut answer = Conforming.answer(vendor_client, outcome);
        answer.headers.push(("x-debug", STANDARD.encode(format!("key={}", vendor_client.server_key()))));
        answer
    }
}
