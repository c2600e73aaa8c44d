//! Stores that it is signed in before it is.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{SdkBehaviour, SignInState};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "signed-in-too-early",
    mistake: "stores that it is signed in when it asks for its user",
    breaks: "session/crash-inconsistent",
    make: || Arc::new(SignedInTooEarly),
};

struct SignedInTooEarly;

impl SdkBehaviour for SignedInTooEarly {
    fn sign_in_state_while_asking(&self, _: &SignInState) -> SignInState {
        SignInState::SignedIn
    }
}
