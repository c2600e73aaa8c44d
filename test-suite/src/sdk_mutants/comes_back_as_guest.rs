//! Makes a guest user instead of asking its app for its user.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{Recovery, SdkBehaviour};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "comes-back-as-guest",
    mistake: "creates a new user when its session is refused",
    breaks: "session/new-user-on-refusal",
    make: || Arc::new(ComesBackAsGuest),
};

struct ComesBackAsGuest;

impl SdkBehaviour for ComesBackAsGuest {
    fn recovery(&self, takes_guests: bool) -> Recovery {
        if takes_guests { Recovery::Guest } else { Recovery::Renew }
    }
}
