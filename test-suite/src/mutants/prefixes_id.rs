//! Adds a prefix to the ids of its users, but gives its app the id without it.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, UserRecord};

pub(super) const MUTANT: Mutant = Mutant {
    name: "prefixes-id",
    mistake: "reads back under an id with a prefix that its app did not get",
    breaks: "readback/other-id",
    make: || Arc::new(PrefixesId),
};

struct PrefixesId;

impl BackendBehaviour for PrefixesId {
    fn external_id(&self, user: &UserRecord, request: &AppRequest) -> String {
        if request.call == "read_back" { format!("r{}", user.external_id) } else { user.external_id.clone() }
    }
}
