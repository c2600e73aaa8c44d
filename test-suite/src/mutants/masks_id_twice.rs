//! Masks an id that is masked already.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Mutant;
use crate::reference::{AppRequest, Conduct, Customer};

pub(super) const MUTANT: Mutant = Mutant {
    name: "masks-id-twice",
    mistake: "reads back under a hash of the id that its app got",
    breaks: "readback/other-id",
    make: || Arc::new(MasksIdTwice),
};

struct MasksIdTwice;

impl Conduct for MasksIdTwice {
    fn external_id(&self, customer: &Customer, request: &AppRequest) -> String {
        if request.call == "read_back" { masked(&customer.external_id) } else { customer.external_id.clone() }
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}

fn masked(id: &str) -> String {
    Sha256::digest(id).iter().map(|byte| format!("{byte:02x}")).collect()
}
