//! Acknowledges messages first and stores them only when their effect is asked for.

use futures::future::BoxFuture;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;

use super::Mutant;
use crate::reference::{BackendBehaviour, Conforming, Disk, Note};

pub(super) const MUTANT: Mutant = Mutant {
    name: "acknowledges-before-keeping",
    mistake: "answers the vendor first, and stores messages later",
    breaks: "webhook/false-success",
    make: || Arc::new(AcknowledgesBeforeKeeping::default()),
};

#[derive(Default)]
struct AcknowledgesBeforeKeeping {
    /// The messages that are not stored yet. A crash loses them.
    later: Mutex<Vec<Note>>,
}

impl BackendBehaviour for AcknowledgesBeforeKeeping {
    fn started(&self) {
        self.later.lock().clear();
    }

    fn keep<'t>(&'t self, _disk: &'t Arc<Disk>, note: &'t Note) -> BoxFuture<'t, u16> {
        self.later.lock().push(note.clone());
        Box::pin(async { 200 })
    }

    fn show(&self, disk: &Disk, user: &str) -> Value {
        self.later.lock().drain(..).for_each(|note| disk.keep(note));
        Conforming.show(disk, user)
    }
}
