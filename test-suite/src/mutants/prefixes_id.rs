//! Knows its customers by an id with a prefix, of which its app is told without.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, UserRecord};

pub(super) const MUTANT: Mutant = Mutant {
    name: "prefixes-id",
    mistake: "reads back under the id with a prefix that its app never got",
    breaks: "readback/other-id",
    make: || Arc::new(PrefixesId),
};

struct PrefixesId;

impl BackendBehaviour for PrefixesId {
    fn external_id(&self, user: &UserRecord, request: &AppRequest) -> String {
        if request.call == "read_back" { format!("r{}", user.external_id) } else { user.external_id.clone() }
    }

    fn as_behaviour(&self) -> &dyn BackendBehaviour {
        self
    }
}
