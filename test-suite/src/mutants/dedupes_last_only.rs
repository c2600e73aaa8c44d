//! Compares each message only with the last one about the same user.

use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Mutant;
use crate::reference::{BackendBehaviour, Disk, Note};

pub(super) const MUTANT: Mutant = Mutant {
    name: "dedupes-last-only",
    mistake: "compares a message with the user's last one only",
    breaks: "webhook/duplicate-effect",
    make: || Arc::new(DedupesLastOnly::default()),
};

#[derive(Default)]
struct DedupesLastOnly {
    /// The last message of each user.
    last: Mutex<BTreeMap<String, String>>,
}

impl BackendBehaviour for DedupesLastOnly {
    fn keep<'t>(&'t self, disk: &'t Arc<Disk>, note: &'t Note) -> BoxFuture<'t, u16> {
        let last = self.last.lock().insert(note.user.clone(), note.id.clone());
        if last.as_ref() != Some(&note.id) {
            disk.append(note.clone());
        }
        Box::pin(async { 200 })
    }
}
