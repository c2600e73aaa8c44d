//! Takes the user from a header field that the app sets instead of from the login.

use std::sync::Arc;

use standin_contracts::history::NamedIn;

use super::Mutant;
use super::believes_app::Believes;

pub(super) const MUTANT: Mutant = Mutant {
    name: "believes-header",
    mistake: "takes the user id from a header field that the app sets",
    breaks: "credential/for-another-user",
    make: || Arc::new(Believes(NamedIn::Header)),
};
