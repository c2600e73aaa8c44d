//! Accepts only the type of the first message and refuses all others.

use futures::future::BoxFuture;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Mutant;
use crate::reference::{BackendBehaviour, Conforming, Disk, Note};

pub(super) const MUTANT: Mutant = Mutant {
    name: "refuses-other-types",
    mistake: "accepts messages of one type only",
    breaks: "webhook/lawful-refused",
    make: || Arc::new(RefusesOtherTypes::default()),
};

#[derive(Default)]
struct RefusesOtherTypes {
    first: Mutex<Option<String>>,
}

impl BackendBehaviour for RefusesOtherTypes {
    fn keep<'t>(&'t self, disk: &'t Arc<Disk>, note: &'t Note) -> BoxFuture<'t, u16> {
        let first = self.first.lock().get_or_insert_with(|| note.kind.clone()).clone();
        if first == note.kind { Conforming.keep(disk, note) } else { Box::pin(async { 400 }) }
    }
}
