//! Tells the vendor whom its client means.

use std::sync::Arc;

use standin_contracts::contract::{Contract, WireRequest};
use standin_contracts::protocol::Field;

use super::SdkMutant;
use crate::reference_sdk::{Request, SdkConduct};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "names-its-user",
    mistake: "reads its user's id in the credential, and sends it along",
    breaks: "user/id-sent-by-sdk",
    make: || Arc::new(NamesItsUser),
};

struct NamesItsUser;

impl SdkConduct for NamesItsUser {
    fn dress(&self, contract: &Contract, request: &Request, wire: &mut WireRequest) {
        let claims = request.fields.text(&Field::Credential).and_then(|credential| contract.claims(credential));
        let id = claims.and_then(|claims| claims.text(&Field::ExternalId).map(str::to_owned));
        wire.headers.extend(id.map(|id| ("x-user".to_owned(), id)));
    }
}
