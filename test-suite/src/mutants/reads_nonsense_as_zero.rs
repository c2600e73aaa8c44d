//! Reads a `Retry-After` that is no time as none at all.

use std::sync::Arc;

use standin_contracts::protocol::{CommandName, Millis};

use super::Mutant;
use crate::reference::{Conduct, Desk, Trouble};

pub(super) const MUTANT: Mutant = Mutant {
    name: "reads-nonsense-as-zero",
    mistake: "comes back at once when it can't read when to",
    breaks: "sync/retry-after-ignored",
    make: || Arc::new(ReadsNonsenseAsZero),
};

struct ReadsNonsenseAsZero;

impl Conduct for ReadsNonsenseAsZero {
    fn pause_before_try(&self, desk: &Desk, command: CommandName, tries: usize, trouble: &Trouble) -> Option<Millis> {
        let own = self.pauses(desk, command).get(tries).copied()?;
        let told = trouble.told_to_wait(desk.clock().now());
        Some(if trouble.says_when() { told.unwrap_or(Millis::new(0)) } else { own })
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
