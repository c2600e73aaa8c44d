//! Takes the user from the path instead of from the login.

use std::sync::Arc;

use standin_contracts::history::NamedIn;

use super::Mutant;
use super::believes_app::Believes;

pub(super) const MUTANT: Mutant = Mutant {
    name: "believes-path",
    mistake: "takes the user id from the path",
    breaks: "credential/for-another-user",
    make: || Arc::new(Believes(NamedIn::Path)),
};
