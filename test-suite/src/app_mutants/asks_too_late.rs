//! Has its user created first, and asks for permissions afterwards.

use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "asks-too-late",
    mistake: "has its user created before it asks for permissions",
    breaks: "user/created-before-permissions",
    make: || Arc::new(AsksTooLate),
};

struct AsksTooLate;

impl AppBehaviour for AsksTooLate {
    fn asks_first(&self) -> bool {
        false
    }
}
