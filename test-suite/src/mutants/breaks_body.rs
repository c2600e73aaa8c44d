//! Sends a body that the contract does not allow.

use std::sync::Arc;

use standin_contracts::contract::WireRequest;
use standin_contracts::protocol::Fields;

use super::Mutant;
use crate::reference::BackendBehaviour;

pub(super) const MUTANT: Mutant = Mutant {
    name: "breaks-body",
    mistake: "sends the vendor a body without its members",
    breaks: "transport/schema-broken",
    make: || Arc::new(BreaksBody),
};

struct BreaksBody;

impl BackendBehaviour for BreaksBody {
    fn touch(&self, call: &mut WireRequest, _about: &Fields, _server_key: &str) {
        call.body = b"{}".to_vec();
    }
}
