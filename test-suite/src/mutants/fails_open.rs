//! Lets in whom its check can't make sense of.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{BackendBehaviour, Post};

pub(super) const MUTANT: Mutant = Mutant {
    name: "fails-open",
    mistake: "lets in a sender whose credentials its check can't read",
    breaks: "webhook/unauthenticated",
    make: || Arc::new(FailsOpen),
};

struct FailsOpen;

impl BackendBehaviour for FailsOpen {
    fn lets_in(&self, post: &Post) -> bool {
        post.is_known() || post.is_garbled()
    }
}
