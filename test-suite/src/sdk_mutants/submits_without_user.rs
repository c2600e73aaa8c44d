//! Submits records before it has a user.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{SdkBehaviour, SignInState, Stored};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "submits-without-user",
    mistake: "syncs before it has a user",
    breaks: "sync/before-user",
    make: || Arc::new(SubmitsWithoutUser),
};

struct SubmitsWithoutUser;

impl SdkBehaviour for SubmitsWithoutUser {
    fn may_sync(&self, stored: &Stored) -> bool {
        stored.is_signed_in() || stored.sign_in_state == SignInState::SignedOut
    }
}
