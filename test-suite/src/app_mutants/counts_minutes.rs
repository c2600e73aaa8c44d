//! Takes its SDK's seconds for minutes.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "counts-minutes",
    mistake: "sets the interval in minutes where its SDK takes seconds",
    breaks: "sync/interval-unit",
    make: || Arc::new(CountsMinutes),
};

struct CountsMinutes;

impl AppBehaviour for CountsMinutes {
    fn interval(&self, wanted: Millis) -> u64 {
        wanted.get() / 60_000
    }
}
