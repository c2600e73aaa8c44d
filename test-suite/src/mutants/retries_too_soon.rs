//! Tries a failed read again sooner than its vendor says.

use std::sync::Arc;

use standin_contracts::protocol::{CommandName, Millis};

use super::Mutant;
use crate::reference::{Conduct, Desk};

pub(super) const MUTANT: Mutant = Mutant {
    name: "retries-too-soon",
    mistake: "tries a failed read again after half a second",
    breaks: "readback/retry-schedule",
    make: || Arc::new(RetriesTooSoon),
};

struct RetriesTooSoon;

impl Conduct for RetriesTooSoon {
    fn pauses(&self, desk: &Desk, command: CommandName) -> Vec<Millis> {
        match command {
            CommandName::ReadBack => vec![Millis::new(500); 2],
            other => desk.pauses(other),
        }
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
