//! Takes the user from the app's body instead of from its login.

use std::sync::Arc;

use standin_contracts::history::NamedIn;

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, UserRecord};

pub(super) const MUTANT: Mutant = Mutant {
    name: "believes-app",
    mistake: "takes the user id from the app's body",
    breaks: "credential/for-another-user",
    make: || Arc::new(Believes(NamedIn::Body)),
};

/// Takes the user id from one place of the request.
pub(super) struct Believes(pub(super) NamedIn);

impl BackendBehaviour for Believes {
    fn refused_form(&self, _: &AppRequest) -> Option<u16> {
        None
    }

    fn external_id(&self, user: &UserRecord, request: &AppRequest) -> String {
        request.named.get(&self.0).cloned().unwrap_or_else(|| user.external_id.clone())
    }
}
