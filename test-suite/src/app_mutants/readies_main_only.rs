//! Initializes its SDK in the main process only.

use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "readies-main-only",
    mistake: "does not initialize its SDK in its further process",
    breaks: "user/created-before-init",
    make: || Arc::new(ReadiesMainOnly),
};

struct ReadiesMainOnly;

impl AppBehaviour for ReadiesMainOnly {
    fn readies(&self, process: Option<&str>) -> bool {
        process.is_none()
    }
}
