//! Hashes an id that is a hash already.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, UserRecord};

pub(super) const MUTANT: Mutant = Mutant {
    name: "masks-id-twice",
    mistake: "reads back under a hash of the id that it gave its app",
    breaks: "readback/other-id",
    make: || Arc::new(MasksIdTwice),
};

struct MasksIdTwice;

impl BackendBehaviour for MasksIdTwice {
    fn external_id(&self, user: &UserRecord, request: &AppRequest) -> String {
        if request.call == "read_back" { masked(&user.external_id) } else { user.external_id.clone() }
    }
}

fn masked(id: &str) -> String {
    Sha256::digest(id).iter().map(|byte| format!("{byte:02x}")).collect()
}
