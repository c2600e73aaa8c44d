//! Signs the same user in again when the session is refused.

use std::sync::Arc;

use standin_contracts::protocol::CommandName;

use super::SdkVariant;
use crate::reference_sdk::{Recovery, SdkBehaviour};

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "signs-in-again",
    summary: "signs in again when its session is refused, where that takes no credential",
    fits: |contract| !contract.has(CommandName::IssueCredential),
    make: || Arc::new(SignsInAgain),
};

struct SignsInAgain;

impl SdkBehaviour for SignsInAgain {
    fn recovery(&self, _: bool) -> Recovery {
        Recovery::SignIn
    }
}
