//! Contains a key that only the client backend may have.

use std::sync::Arc;

use standin_contracts::contract::{Contract, WireRequest};
use standin_mock_server::sandbox::SERVER_KEY;

use super::SdkMutant;
use crate::reference_sdk::{Request, SdkBehaviour};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "ships-server-key",
    mistake: "is shipped with the server key, and sends it",
    breaks: "key/outside-server-leg",
    make: || Arc::new(ShipsServerKey),
};

struct ShipsServerKey;

impl SdkBehaviour for ShipsServerKey {
    fn edit_request(&self, _: &Contract, _: &Request, wire: &mut WireRequest) {
        wire.headers.push(("x-partner-key".to_owned(), SERVER_KEY.to_owned()));
    }
}
