//! Numbers its users anew at each start.

use std::sync::Arc;

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, UserRecord};

pub(super) const MUTANT: Mutant = Mutant {
    name: "id-by-process",
    mistake: "sends another external id after a restart",
    breaks: "user/id-unstable",
    make: || Arc::new(IdByProcess(AtomicUsize::new(0))),
};

struct IdByProcess(AtomicUsize);

impl BackendBehaviour for IdByProcess {
    fn started(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn external_id(&self, user: &UserRecord, _request: &AppRequest) -> String {
        match self.0.load(Ordering::Relaxed) {
            1 => user.external_id.clone(),
            start => format!("{}p{start}", user.external_id),
        }
    }
}
