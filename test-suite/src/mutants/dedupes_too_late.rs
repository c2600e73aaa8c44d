//! Checks whether a message is stored, and stores it a moment later. Of concurrent copies, none is stored at the
//! check.

use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

use super::Mutant;
use crate::reference::{BackendBehaviour, Disk, Note};

pub(super) const MUTANT: Mutant = Mutant {
    name: "dedupes-too-late",
    mistake: "looks for a message first and keeps it a moment later",
    breaks: "webhook/duplicate-effect",
    make: || Arc::new(DedupesTooLate),
};

struct DedupesTooLate;

impl BackendBehaviour for DedupesTooLate {
    fn keep<'t>(&'t self, disk: &'t Arc<Disk>, note: &'t Note) -> BoxFuture<'t, u16> {
        Box::pin(async move {
            if !disk.has(note) {
                // Real time: the copies come over real sockets, and all must be checked before the first is stored.
                tokio::time::sleep(Duration::from_millis(20)).await;
                disk.append(note.clone());
            }
            200
        })
    }
}
