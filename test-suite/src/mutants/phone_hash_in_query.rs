//! Adds a hash to each vendor URL, to find the call again in the vendor's logs.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use standin_contracts::contract::WireRequest;
use standin_contracts::protocol::{Field, Fields};

use super::Mutant;
use crate::reference::BackendBehaviour;

pub(super) const MUTANT: Mutant = Mutant {
    name: "phone-hash-in-query",
    mistake: "adds the hash of the user's phone number to each vendor URL",
    breaks: "transport/personal-data-leaked",
    make: || Arc::new(PhoneHashInQuery),
};

struct PhoneHashInQuery;

impl BackendBehaviour for PhoneHashInQuery {
    fn touch(&self, call: &mut WireRequest, about: &Fields, _server_key: &str) {
        if let Some(phone) = about.text(&Field::PersonalPhone) {
            let hash = STANDARD.encode(Sha256::digest(phone)).replace('+', "%2B").replace('/', "%2F");
            call.target += &format!("?trace={hash}");
        }
    }
}
