//! Sends the vendor the user's e-mail address in a header.

use std::sync::Arc;

use standin_contracts::contract::WireRequest;
use standin_contracts::protocol::{Field, Fields};

use super::Mutant;
use crate::reference::BackendBehaviour;

pub(super) const MUTANT: Mutant = Mutant {
    name: "email-in-header",
    mistake: "puts the user's e-mail address into a header of each vendor call",
    breaks: "transport/personal-data-leaked",
    make: || Arc::new(EmailInHeader),
};

struct EmailInHeader;

impl BackendBehaviour for EmailInHeader {
    fn touch(&self, call: &mut WireRequest, about: &Fields, _server_key: &str) {
        if let Some(email) = about.text(&Field::PersonalEmail) {
            call.headers.push(("from".to_owned(), email.to_owned()));
        }
    }
}
