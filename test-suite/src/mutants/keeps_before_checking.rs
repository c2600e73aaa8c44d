//! Stores messages before it checks who delivered them.

use futures::future::BoxFuture;
use std::sync::Arc;

use super::Mutant;
use crate::reference::{BackendBehaviour, Disk, Post};

pub(super) const MUTANT: Mutant = Mutant {
    name: "keeps-before-checking",
    mistake: "stores the messages of unauthenticated requests, and then refuses them",
    breaks: "webhook/unauthenticated",
    make: || Arc::new(KeepsBeforeChecking),
};

struct KeepsBeforeChecking;

impl BackendBehaviour for KeepsBeforeChecking {
    fn receive<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        disk: &'t Arc<Disk>,
        post: &'t Post,
    ) -> BoxFuture<'t, u16> {
        post.notes.iter().for_each(|note| disk.keep(note.clone()));
        let status = if whole.lets_in(post) { 200 } else { whole.turn_away_vendor(post) };
        Box::pin(async move { status })
    }
}
