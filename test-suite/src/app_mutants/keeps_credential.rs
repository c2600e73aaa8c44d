//! Keeps a credential for later starts.

use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "keeps-credential",
    mistake: "signs in with the credential of an earlier start",
    breaks: "credential/not-fresh-at-start",
    make: || Arc::new(KeepsCredential),
};

struct KeepsCredential;

impl AppBehaviour for KeepsCredential {
    fn keeps_credential(&self) -> bool {
        true
    }
}
