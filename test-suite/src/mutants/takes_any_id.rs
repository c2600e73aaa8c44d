//! Signs up new users with any id they ask for.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{BackendBehaviour, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "takes-any-id",
    mistake: "takes any id at sign-up, and sends it to the vendor as it is",
    breaks: "user/id-invalid",
    make: || Arc::new(TakesAnyId),
};

struct TakesAnyId;

impl BackendBehaviour for TakesAnyId {
    fn new_id(&self, _vendor_client: &VendorClient, wanted: &str) -> Option<String> {
        Some(wanted.to_owned())
    }
}
