//! Strips the ids of new users, and does not check the rest.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{BackendBehaviour, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "strips-id",
    mistake: "keeps only the letters and digits of a new user's id, even if none are left",
    breaks: "user/id-invalid",
    make: || Arc::new(StripsId),
};

struct StripsId;

/// The longest id, in characters.
const LONGEST: usize = 64;

impl BackendBehaviour for StripsId {
    fn new_id(&self, _vendor_client: &VendorClient, wanted: &str) -> Option<String> {
        let kept = wanted.chars().filter(char::is_ascii_alphanumeric).take(LONGEST).collect();
        (!wanted.is_empty()).then_some(kept)
    }
}
