//! Waits for its vendor for ten minutes.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::Mutant;
use crate::reference::{Conduct, Patience};

pub(super) const MUTANT: Mutant = Mutant {
    name: "waits-for-minutes",
    mistake: "waits for its vendor for ten minutes",
    breaks: "transport/no-timeout",
    make: || Arc::new(WaitsForMinutes),
};

struct WaitsForMinutes;

impl Conduct for WaitsForMinutes {
    fn patience(&self) -> Patience {
        Patience::Whole(Millis::from_secs(600))
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
