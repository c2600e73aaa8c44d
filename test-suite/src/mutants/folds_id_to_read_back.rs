//! Keeps ids in capitals for reports, and reads back with those.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppRequest, Conduct, Customer};

pub(super) const MUTANT: Mutant = Mutant {
    name: "folds-id-to-read-back",
    mistake: "reads back under the id in capitals",
    breaks: "readback/other-id",
    make: || Arc::new(FoldsIdToReadBack),
};

struct FoldsIdToReadBack;

impl Conduct for FoldsIdToReadBack {
    fn external_id(&self, customer: &Customer, request: &AppRequest) -> String {
        if request.call == "read_back" { customer.external_id.to_uppercase() } else { customer.external_id.clone() }
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
