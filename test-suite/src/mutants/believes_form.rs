//! Takes the user from a form that the app sends instead of from the login.

use std::sync::Arc;

use standin_contracts::history::NamedIn;

use super::Mutant;
use super::believes_app::Believes;

pub(super) const MUTANT: Mutant = Mutant {
    name: "believes-form",
    mistake: "takes the user id from a form that the app sends",
    breaks: "credential/for-another-user",
    make: || Arc::new(Believes(NamedIn::Form)),
};
