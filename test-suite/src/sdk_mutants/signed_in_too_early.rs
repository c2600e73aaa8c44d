//! Stores that there is a user before there is one.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{SdkConduct, Standing};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "signed-in-too-early",
    mistake: "stores that it is signed in when it asks for its user",
    breaks: "session/crash-inconsistent",
    make: || Arc::new(SignedInTooEarly),
};

struct SignedInTooEarly;

impl SdkConduct for SignedInTooEarly {
    fn stands_while_asking(&self, _: &Standing) -> Standing {
        Standing::SignedIn
    }
}
