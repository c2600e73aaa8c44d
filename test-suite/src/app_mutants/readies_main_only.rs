//! Readies its SDK where the main process starts, and nowhere else.

use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "readies-main-only",
    mistake: "does not ready its SDK in its further process",
    breaks: "user/created-before-init",
    make: || Arc::new(ReadiesMainOnly),
};

struct ReadiesMainOnly;

impl AppBehaviour for ReadiesMainOnly {
    fn readies(&self, process: Option<&str>) -> bool {
        process.is_none()
    }
}
