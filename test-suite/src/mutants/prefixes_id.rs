//! Knows its customers by an id with a prefix, of which its app is told without.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppRequest, Conduct, Customer};

pub(super) const MUTANT: Mutant = Mutant {
    name: "prefixes-id",
    mistake: "reads back under the id with a prefix that its app never got",
    breaks: "readback/other-id",
    make: || Arc::new(PrefixesId),
};

struct PrefixesId;

impl Conduct for PrefixesId {
    fn external_id(&self, customer: &Customer, request: &AppRequest) -> String {
        if request.call == "read_back" { format!("r{}", customer.external_id) } else { customer.external_id.clone() }
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
