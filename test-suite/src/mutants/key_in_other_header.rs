//! Sends the server key in a second header, which proxies may log.

use std::sync::Arc;

use standin_contracts::contract::WireRequest;
use standin_contracts::protocol::Fields;

use super::Mutant;
use crate::reference::BackendBehaviour;

pub(super) const MUTANT: Mutant = Mutant {
    name: "key-in-other-header",
    mistake: "sends the server key in a header of its own as well",
    breaks: "key/in-wrong-place",
    make: || Arc::new(KeyInOtherHeader),
};

struct KeyInOtherHeader;

impl BackendBehaviour for KeyInOtherHeader {
    fn touch(&self, call: &mut WireRequest, _about: &Fields, server_key: &str) {
        call.headers.push(("x-backend-secret".to_owned(), server_key.to_owned()));
    }
}
