//! Uses the hash of an e-mail address as an id, as if it revealed nothing.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use standin_contracts::protocol::Field;

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, UserRecord};

pub(super) const MUTANT: Mutant = Mutant {
    name: "hashes-email",
    mistake: "sends the SHA-256 of a user's e-mail address as the external id",
    breaks: "user/id-is-personal",
    make: || Arc::new(HashesEmail),
};

struct HashesEmail;

impl BackendBehaviour for HashesEmail {
    fn external_id(&self, user: &UserRecord, _request: &AppRequest) -> String {
        let email = user.personal.text(&Field::PersonalEmail);
        email.map_or_else(|| user.external_id.clone(), |email| hex(&Sha256::digest(email)))
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
