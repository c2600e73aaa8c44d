//! Takes another login for another name of the same user.

use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "replaces-user",
    mistake: "has another user created while the first is still in its SDK",
    breaks: "user/replaced-without-reset",
    make: || Arc::new(ReplacesUser),
};

struct ReplacesUser;

impl AppBehaviour for ReplacesUser {
    fn resets_for_another(&self) -> bool {
        false
    }
}
