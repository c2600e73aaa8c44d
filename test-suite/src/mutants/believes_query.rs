//! Takes the user from the query instead of from the login.

use std::sync::Arc;

use standin_contracts::history::NamedIn;

use super::Mutant;
use super::believes_app::Believes;

pub(super) const MUTANT: Mutant = Mutant {
    name: "believes-query",
    mistake: "takes the user id from the query",
    breaks: "credential/for-another-user",
    make: || Arc::new(Believes(NamedIn::Query)),
};
