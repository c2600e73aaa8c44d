//! Takes every push for its own.

use std::sync::Arc;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "swallows-pushes",
    mistake: "hands no push over to its SDK",
    breaks: "push/not-forwarded",
    make: || Arc::new(SwallowsPushes),
};

struct SwallowsPushes;

impl AppBehaviour for SwallowsPushes {
    fn forwards(&self, _: bool) -> bool {
        false
    }
}
