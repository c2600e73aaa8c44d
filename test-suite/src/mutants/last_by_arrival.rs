//! Shows the message that arrived last instead of the one that was made last.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Mutant;
use crate::reference::{BackendBehaviour, Disk};

pub(super) const MUTANT: Mutant = Mutant {
    name: "last-by-arrival",
    mistake: "takes the message that arrived last for the newest",
    breaks: "webhook/order-dependent",
    make: || Arc::new(LastByArrival),
};

struct LastByArrival;

impl BackendBehaviour for LastByArrival {
    fn show(&self, disk: &Disk, user: &str) -> Value {
        let notes = disk.notes(user);
        json!({"messages": notes.len(), "newest": notes.last().map(|note| &note.kind)})
    }
}
