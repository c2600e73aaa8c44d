//! Adds messages up in a way that depends on their order.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Mutant;
use crate::reference::{BackendBehaviour, Disk};

pub(super) const MUTANT: Mutant = Mutant {
    name: "adds-by-turns",
    mistake: "adds messages up so that their order counts",
    breaks: "webhook/order-dependent",
    make: || Arc::new(AddsByTurns),
};

struct AddsByTurns;

impl BackendBehaviour for AddsByTurns {
    fn show(&self, disk: &Disk, user: &str) -> Value {
        let worth = |kind: &str| kind.bytes().map(u64::from).sum::<u64>();
        let sum = disk.notes(user).iter().fold(7_u64, |sum, note| sum.wrapping_mul(31).wrapping_add(worth(&note.kind)));
        json!({ "sum": sum })
    }
}
