//! Starts syncs and asks for the user at the same time.

use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "syncs-too-early",
    mistake: "starts syncs before its user exists",
    breaks: "sync/before-user",
    make: || Arc::new(SyncsTooEarly),
};

struct SyncsTooEarly;

impl AppBehaviour for SyncsTooEarly {
    fn starts_sync(&self, _: bool) -> bool {
        true
    }
}
