//! Sends the server key in the query as well.

use std::sync::Arc;

use standin_contracts::contract::WireRequest;
use standin_contracts::protocol::Fields;

use super::Mutant;
use crate::reference::BackendBehaviour;

pub(super) const MUTANT: Mutant = Mutant {
    name: "key-in-query",
    mistake: "sends the server key in the URL as well",
    breaks: "transport/secret-in-url",
    make: || Arc::new(KeyInQuery),
};

struct KeyInQuery;

impl BackendBehaviour for KeyInQuery {
    fn touch(&self, call: &mut WireRequest, _about: &Fields, server_key: &str) {
        let separator = if call.target.contains('?') { '&' } else { '?' };
        call.target = format!("{}{separator}api_key={server_key}", call.target);
    }
}
