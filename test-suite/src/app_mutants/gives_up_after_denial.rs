//! Stops at a denied permission.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "gives-up-after-denial",
    mistake: "does not have its user created if anything was denied",
    breaks: "user/creation-skipped-after-denial",
    make: || Arc::new(GivesUpAfterDenial),
};

struct GivesUpAfterDenial;

impl AppBehaviour for GivesUpAfterDenial {
    fn creates(&self, permissions: &BTreeMap<String, bool>) -> bool {
        permissions.values().all(|allowed| *allowed)
    }
}
