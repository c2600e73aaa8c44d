//! Names its user by a hash of the e-mail address, since that is alphanumeric and unique.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::AppMutant;
use crate::reference_app::{AppBehaviour, Person};

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "names-by-email",
    mistake: "names its user by the SHA-256 of the e-mail address",
    breaks: "user/id-is-personal",
    make: || Arc::new(NamesByEmail),
};

struct NamesByEmail;

impl AppBehaviour for NamesByEmail {
    fn user_id(&self, person: &Person) -> Option<String> {
        person.email.as_ref().map(|email| hex(&Sha256::digest(email)))
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
