//! Follows a redirect with the whole call.

use std::sync::Arc;

use standin_contracts::contract::WireRequest;

use super::Mutant;
use crate::reference::BackendBehaviour;

pub(super) const MUTANT: Mutant = Mutant {
    name: "follows-redirect",
    mistake: "repeats the whole call where a redirect leads",
    breaks: "transport/secret-follows-redirect",
    make: || Arc::new(FollowsRedirect),
};

struct FollowsRedirect;

impl BackendBehaviour for FollowsRedirect {
    fn follow(&self, call: &WireRequest, _status: u16) -> Option<WireRequest> {
        Some(call.clone())
    }
}
