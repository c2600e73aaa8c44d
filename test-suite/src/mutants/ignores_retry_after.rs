//! Comes back by its own schedule, whatever it is told.

use std::sync::Arc;

use standin_contracts::protocol::{CommandName, Millis};

use super::Mutant;
use crate::reference::{Conduct, Desk, Trouble};

pub(super) const MUTANT: Mutant = Mutant {
    name: "ignores-retry-after",
    mistake: "comes back sooner than it is told",
    breaks: "sync/retry-after-ignored",
    make: || Arc::new(IgnoresRetryAfter),
};

struct IgnoresRetryAfter;

impl Conduct for IgnoresRetryAfter {
    fn pause_before_try(&self, desk: &Desk, command: CommandName, tries: usize, _: &Trouble) -> Option<Millis> {
        self.pauses(desk, command).get(tries).copied()
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
