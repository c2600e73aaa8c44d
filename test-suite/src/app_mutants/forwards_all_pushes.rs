//! Forwards every push to its SDK.

use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "forwards-all-pushes",
    mistake: "forwards every push to its SDK",
    breaks: "push/foreign-forwarded",
    make: || Arc::new(ForwardsAllPushes),
};

struct ForwardsAllPushes;

impl AppBehaviour for ForwardsAllPushes {
    fn forwards(&self, _: bool) -> bool {
        true
    }
}
