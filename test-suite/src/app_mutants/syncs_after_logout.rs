//! Starts syncs again after each reset.

use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::AppConduct;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "syncs-after-logout",
    mistake: "starts syncs when its user has logged out",
    breaks: "sync/after-stop",
    make: || Arc::new(SyncsAfterLogout),
};

struct SyncsAfterLogout;

impl AppConduct for SyncsAfterLogout {
    fn goes_on_after_logout(&self) -> bool {
        true
    }
}
