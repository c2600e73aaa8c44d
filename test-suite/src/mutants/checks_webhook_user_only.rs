//! Checks the user name of webhook credentials, and nothing else.

use std::sync::Arc;

use standin_contracts::protocol::ProofState;

use super::Mutant;
use crate::reference::{BackendBehaviour, Post};

pub(super) const MUTANT: Mutant = Mutant {
    name: "checks-webhook-user-only",
    mistake: "compares the user name at its receiver, and not the password",
    breaks: "webhook/unauthenticated",
    make: || Arc::new(ChecksWebhookUserOnly),
};

struct ChecksWebhookUserOnly;

impl BackendBehaviour for ChecksWebhookUserOnly {
    fn lets_in(&self, post: &Post) -> bool {
        let user = |key: &Option<String>| key.as_ref().and_then(|key| Some(key.split_once(':')?.0.to_owned()));
        user(&post.key) == user(&post.own_key) && post.proof != ProofState::Absent
    }
}
