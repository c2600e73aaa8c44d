//! Reports that it stopped, and goes on.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{SdkBehaviour, Stored};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "deaf-to-stop",
    mistake: "goes on syncing after it was told to stop",
    breaks: "sync/after-stop",
    make: || Arc::new(DeafToStop),
};

struct DeafToStop;

impl SdkBehaviour for DeafToStop {
    fn stop(&self, _: &mut Stored) {}
}
