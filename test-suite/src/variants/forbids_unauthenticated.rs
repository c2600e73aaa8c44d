//! Answers 403 to unauthenticated requests of a vendor that sends no key and therefore defines no status for them.

use std::sync::Arc;

use super::Variant;
use crate::reference::{BackendBehaviour, Post};

pub(super) const VARIANT: Variant = Variant {
    name: "forbids-unauthenticated",
    summary: "refuses unauthenticated requests at its receiver with 403 where the vendor defines no status",
    make: || Arc::new(ForbidsUnauthenticated),
    adapt: |_| {},
};

struct ForbidsUnauthenticated;

impl BackendBehaviour for ForbidsUnauthenticated {
    fn turn_away_vendor(&self, post: &Post) -> u16 {
        if post.own_key.is_some() { 401 } else { 403 }
    }
}
