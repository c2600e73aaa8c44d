//! Writes ids as its own database does, with dashes.

use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::{AppBehaviour, Person};

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "dashes-id",
    mistake: "names its user by an id that the vendor does not allow",
    breaks: "user/id-invalid",
    make: || Arc::new(DashesId),
};

struct DashesId;

impl AppBehaviour for DashesId {
    fn user_id(&self, person: &Person) -> Option<String> {
        person.user_id.as_ref().map(|id| format!("user-{id}"))
    }
}
