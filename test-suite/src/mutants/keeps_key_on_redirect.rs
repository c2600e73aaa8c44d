//! Follows a redirect with a GET without a body, and sends the key along.

use std::sync::Arc;

use standin_contracts::contract::WireRequest;

use super::Mutant;
use crate::reference::BackendBehaviour;

pub(super) const MUTANT: Mutant = Mutant {
    name: "keeps-key-on-redirect",
    mistake: "drops the body on a redirect, and keeps the key",
    breaks: "transport/secret-follows-redirect",
    make: || Arc::new(KeepsKeyOnRedirect),
};

struct KeepsKeyOnRedirect;

impl BackendBehaviour for KeepsKeyOnRedirect {
    fn follow(&self, call: &WireRequest, _status: u16) -> Option<WireRequest> {
        let mut followed = WireRequest { method: "GET".to_owned(), body: Vec::new(), ..call.clone() };
        followed.headers.retain(|(name, _)| !name.starts_with("content-"));
        Some(followed)
    }
}
