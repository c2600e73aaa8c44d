//! Forgets its user at logout, but does not reset its SDK.

use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::{AppBehaviour, AppStored, ConformingApp};

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "forgets-to-reset",
    mistake: "does not reset its SDK when its user logs out",
    breaks: "user/state-not-cleared",
    make: || Arc::new(ForgetsToReset),
};

struct ForgetsToReset;

impl AppBehaviour for ForgetsToReset {
    fn resets_at_logout(&self, stored: &mut AppStored) -> bool {
        ConformingApp.resets_at_logout(stored);
        false
    }
}
