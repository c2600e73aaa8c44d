//! Takes new users with whatever id they want.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{Conduct, Desk};

pub(super) const MUTANT: Mutant = Mutant {
    name: "takes-any-id",
    mistake: "takes any id at sign-up, and sends it to the vendor as it is",
    breaks: "user/id-invalid",
    make: || Arc::new(TakesAnyId),
};

struct TakesAnyId;

impl Conduct for TakesAnyId {
    fn new_id(&self, _desk: &Desk, wanted: &str) -> Option<String> {
        Some(wanted.to_owned())
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
