//! Keeps messages in memory: a restart loses them.

use futures::future::BoxFuture;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;

use super::Mutant;
use crate::reference::{BackendBehaviour, Conforming, Disk, Note};

pub(super) const MUTANT: Mutant = Mutant {
    name: "keeps-in-memory",
    mistake: "keeps messages in memory only",
    breaks: "webhook/false-success",
    make: || Arc::new(KeepsInMemory::default()),
};

#[derive(Default)]
struct KeepsInMemory {
    memory: Mutex<Arc<Disk>>,
}

impl BackendBehaviour for KeepsInMemory {
    fn started(&self) {
        *self.memory.lock() = Arc::default();
    }

    fn keep<'t>(&'t self, _disk: &'t Arc<Disk>, note: &'t Note) -> BoxFuture<'t, u16> {
        self.memory.lock().keep(note.clone());
        Box::pin(async { 200 })
    }

    fn show(&self, _disk: &Disk, user: &str) -> Value {
        Conforming.show(&self.memory.lock(), user)
    }
}
