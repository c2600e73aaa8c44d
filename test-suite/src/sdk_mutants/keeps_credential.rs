//! Keeps its credential after it was redeemed.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{Recovery, SdkBehaviour};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "keeps-credential",
    mistake: "signs in with its old credential when its session is refused",
    breaks: "credential/reused",
    make: || Arc::new(KeepsCredential),
};

struct KeepsCredential;

impl SdkBehaviour for KeepsCredential {
    fn recovery(&self, _: bool) -> Recovery {
        Recovery::SignIn
    }
}
