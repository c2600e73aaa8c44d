//! Forwards no push to its SDK.

use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "swallows-pushes",
    mistake: "forwards no push to its SDK",
    breaks: "push/not-forwarded",
    make: || Arc::new(SwallowsPushes),
};

struct SwallowsPushes;

impl AppBehaviour for SwallowsPushes {
    fn forwards(&self, _: bool) -> bool {
        false
    }
}
