//! Hands out credentials in answers that a cache may keep.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppAnswer, Conduct, Conforming, Desk, Outcome};

pub(super) const MUTANT: Mutant = Mutant {
    name: "lets-caches-store",
    mistake: "hands out credentials with no-cache in the place of no-store",
    breaks: "credential/cached-by-http",
    make: || Arc::new(LetsCachesStore),
};

struct LetsCachesStore;

impl Conduct for LetsCachesStore {
    fn answer(&self, desk: &Desk, outcome: &Outcome) -> AppAnswer {
        let mut answer = Conforming.answer(desk, outcome);
        answer.headers.retain(|(name, _)| *name != "cache-control");
        answer.headers.push(("cache-control", "private, no-cache".to_owned()));
        answer
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
