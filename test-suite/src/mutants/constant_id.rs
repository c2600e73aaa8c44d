//! Sends all users under one id.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, UserRecord};

pub(super) const MUTANT: Mutant = Mutant {
    name: "constant-id",
    mistake: "sends a constant external id",
    breaks: "user/id-shared",
    make: || Arc::new(ConstantId),
};

struct ConstantId;

impl BackendBehaviour for ConstantId {
    fn external_id(&self, _user: &UserRecord, _request: &AppRequest) -> String {
        "customer0001".to_owned()
    }
}
