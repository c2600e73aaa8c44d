//! Stores messages, but keeps in memory which ones it has had. After a restart each is new.

use futures::future::BoxFuture;
use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Mutant;
use crate::reference::{BackendBehaviour, Disk, Note};

pub(super) const MUTANT: Mutant = Mutant {
    name: "dedupes-in-memory",
    mistake: "deduplicates messages in memory only",
    breaks: "webhook/duplicate-effect",
    make: || Arc::new(DedupesInMemory::default()),
};

#[derive(Default)]
struct DedupesInMemory {
    seen: Mutex<BTreeSet<(String, String)>>,
}

impl BackendBehaviour for DedupesInMemory {
    fn started(&self) {
        self.seen.lock().clear();
    }

    fn keep<'t>(&'t self, disk: &'t Arc<Disk>, note: &'t Note) -> BoxFuture<'t, u16> {
        if self.seen.lock().insert((note.user.clone(), note.id.clone())) {
            disk.append(note.clone());
        }
        Box::pin(async { 200 })
    }
}
