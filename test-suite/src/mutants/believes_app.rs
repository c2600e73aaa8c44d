//! Takes the user from the app's body instead of from its login.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, UserRecord};

pub(super) const MUTANT: Mutant = Mutant {
    name: "believes-app",
    mistake: "takes the user id from the app's body",
    breaks: "credential/for-another-user",
    make: || Arc::new(BelievesApp),
};

struct BelievesApp;

impl BackendBehaviour for BelievesApp {
    fn external_id(&self, user: &UserRecord, request: &AppRequest) -> String {
        request.named.clone().unwrap_or_else(|| user.external_id.clone())
    }

    fn as_behaviour(&self) -> &dyn BackendBehaviour {
        self
    }
}
