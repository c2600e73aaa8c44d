//! Treats a repeated message as a conflict.

use futures::future::BoxFuture;
use std::sync::Arc;

use super::Mutant;
use crate::reference::{BackendBehaviour, Disk, Note};

pub(super) const MUTANT: Mutant = Mutant {
    name: "refuses-duplicates",
    mistake: "answers a repeated message with 409",
    breaks: "webhook/duplicate-effect",
    make: || Arc::new(RefusesDuplicates),
};

struct RefusesDuplicates;

impl BackendBehaviour for RefusesDuplicates {
    fn keep<'t>(&'t self, disk: &'t Arc<Disk>, note: &'t Note) -> BoxFuture<'t, u16> {
        Box::pin(async move {
            if disk.has(note) {
                return 409;
            }
            disk.keep(note.clone());
            200
        })
    }
}
