//! Tells the vendor the client company's own id of its user.

use std::sync::Arc;

use standin_contracts::contract::{Contract, WireRequest};
use standin_contracts::protocol::Field;

use super::SdkMutant;
use crate::reference_sdk::{Request, SdkBehaviour};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "names-its-user",
    mistake: "sends the client company's own id of its user",
    breaks: "user/id-sent-by-sdk",
    make: || Arc::new(NamesItsUser),
};

struct NamesItsUser;

impl SdkBehaviour for NamesItsUser {
    /// No command gives an SDK this id where there are credentials, so its app told it in another way. In scenarios
    /// alice's id has the number of her device.
    fn edit_request(&self, _: &Contract, request: &Request, wire: &mut WireRequest) {
        let device = request.fields.text(&Field::DeviceId).unwrap_or_default();
        let number = device.rsplit('-').next().unwrap_or_default();
        wire.headers.push(("x-user".to_owned(), format!("alicex{number}")));
    }
}
