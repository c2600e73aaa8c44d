//! Retries with a refused credential.

use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "insists",
    mistake: "gives its SDK a credential again that the vendor has refused",
    breaks: "credential/stale-retry",
    make: || Arc::new(Insists),
};

struct Insists;

impl AppBehaviour for Insists {
    fn insists(&self) -> bool {
        true
    }
}
