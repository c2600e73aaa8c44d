//! Signs in any user.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "replaces-its-user",
    mistake: "signs in another user without a reset",
    breaks: "user/replaced-without-reset",
    make: || Arc::new(ReplacesItsUser),
};

struct ReplacesItsUser;

impl SdkBehaviour for ReplacesItsUser {
    fn holds_on(&self) -> bool {
        false
    }
}
