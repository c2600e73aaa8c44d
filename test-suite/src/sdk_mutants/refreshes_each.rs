//! Renews its session for each request by itself.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "refreshes-each",
    mistake: "renews its session once for each refused request",
    breaks: "session/refresh-storm",
    make: || Arc::new(RefreshesEach),
};

struct RefreshesEach;

impl SdkBehaviour for RefreshesEach {
    fn shares_refresh(&self) -> bool {
        false
    }
}
