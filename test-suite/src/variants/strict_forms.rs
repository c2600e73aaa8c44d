//! Refuses every request of another form than its app makes.

use std::sync::Arc;

use standin_contracts::history::NamedIn;

use super::Variant;
use crate::reference::{AppRequest, BackendBehaviour};

pub(super) const VARIANT: Variant = Variant {
    name: "strict-forms",
    summary: "refuses members that it doesn't know with 400, other bodies with 415, and longer paths with 404",
    make: || Arc::new(StrictForms),
    adapt: |_| {},
};

struct StrictForms;

impl BackendBehaviour for StrictForms {
    fn refused_form(&self, request: &AppRequest) -> Option<u16> {
        let is_known = |name: &String| ["vendor_user", "id"].contains(&name.as_str());
        match request {
            request if request.named.contains_key(&NamedIn::Path) => Some(404),
            request if request.unreadable => Some(415),
            request if !request.members.iter().all(is_known) => Some(400),
            _ => None,
        }
    }
}
