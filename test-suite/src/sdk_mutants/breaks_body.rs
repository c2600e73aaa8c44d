//! Sends a request that its vendor can't parse.

use std::sync::Arc;

use standin_contracts::contract::{Contract, WireRequest};
use standin_contracts::protocol::CommandName;

use super::SdkMutant;
use crate::reference_sdk::{Request, SdkBehaviour};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "breaks-body",
    mistake: "reports permissions as plain text",
    breaks: "transport/schema-broken",
    make: || Arc::new(BreaksBody),
};

struct BreaksBody;

impl SdkBehaviour for BreaksBody {
    fn edit_request(&self, _: &Contract, request: &Request, wire: &mut WireRequest) {
        if request.command == CommandName::ReportPermissions {
            wire.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
            wire.headers.push(("content-type".to_owned(), "text/plain".to_owned()));
        }
    }
}
