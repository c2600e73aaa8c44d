//! Hands out credentials in answers that a cache may store.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppAnswer, BackendBehaviour, Conforming, Outcome, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "lets-caches-store",
    mistake: "hands out credentials with no-cache instead of no-store",
    breaks: "credential/cached-by-http",
    make: || Arc::new(LetsCachesStore),
};

struct LetsCachesStore;

impl BackendBehaviour for LetsCachesStore {
    fn answer(&self, vendor_client: &VendorClient, outcome: &Outcome) -> AppAnswer {
        let mut answer = Conforming.answer(vendor_client, outcome);
        answer.headers.retain(|(name, _)| *name != "cache-control");
        answer.headers.push(("cache-control", "private, no-cache".to_owned()));
        answer
    }
}
