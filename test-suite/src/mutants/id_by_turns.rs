//! Alternates between two ids of a user, as a table with a stale copy does.

use std::sync::Arc;

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, UserRecord};

pub(super) const MUTANT: Mutant = Mutant {
    name: "id-by-turns",
    mistake: "alternates between two ids of a user",
    breaks: "user/id-unstable",
    make: || Arc::new(IdByTurns::default()),
};

#[derive(Default)]
struct IdByTurns(AtomicUsize);

impl BackendBehaviour for IdByTurns {
    fn external_id(&self, user: &UserRecord, _request: &AppRequest) -> String {
        let turn = self.0.fetch_add(1, Ordering::Relaxed) % 2;
        if turn == 0 { user.external_id.clone() } else { format!("{}x", user.external_id) }
    }
}
