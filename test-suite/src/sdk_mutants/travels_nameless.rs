//! Does not name itself in its requests.

use std::sync::Arc;

use standin_contracts::contract::{Contract, WireRequest};

use super::SdkMutant;
use crate::reference_sdk::{Request, SdkBehaviour};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "travels-nameless",
    mistake: "names its HTTP library as `User-Agent`, without a version",
    breaks: "transport/unidentified",
    make: || Arc::new(TravelsNameless),
};

struct TravelsNameless;

impl SdkBehaviour for TravelsNameless {
    fn edit_request(&self, _: &Contract, _: &Request, wire: &mut WireRequest) {
        wire.headers.push(("user-agent".to_owned(), "reqwest".to_owned()));
    }
}
