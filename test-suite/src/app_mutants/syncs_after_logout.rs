//! Remembers that syncs were on, but not for which user.

use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "syncs-after-logout",
    mistake: "starts syncs after its user has logged out, at the next start",
    breaks: "sync/after-stop",
    make: || Arc::new(SyncsAfterLogout),
};

struct SyncsAfterLogout;

impl AppBehaviour for SyncsAfterLogout {
    fn syncs_without_user(&self) -> bool {
        true
    }
}
