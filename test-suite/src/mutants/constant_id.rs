//! Sends every customer under one id.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppRequest, Conduct, Customer};

pub(super) const MUTANT: Mutant = Mutant {
    name: "constant-id",
    mistake: "sends a constant external id",
    breaks: "user/id-shared",
    make: || Arc::new(ConstantId),
};

struct ConstantId;

impl Conduct for ConstantId {
    fn external_id(&self, _customer: &Customer, _request: &AppRequest) -> String {
        "customer0001".to_owned()
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
