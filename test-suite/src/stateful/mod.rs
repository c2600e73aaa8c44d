//! Generated courses of events: what no script thought of.
//!
//! A [`Course`] of a client backend is drawn from a seed, played on a stage and judged by the rules; so is a
//! [`Life`](crate::sdk::lives::Life) of an SDK, in a world of its own. One that breaks a rule is confirmed on a fresh subject, shrunk
//! to the few steps that it takes, told in words, and kept next to the subject's file. What is hunted is a [`Quarry`].

mod bench;
mod confirm;
mod found;
mod hunt;
mod lives;
mod offence;
mod plan;
mod play;
mod quarry;
mod regression;
mod replay;
mod shrink;
mod shrink_life;
mod step;
mod strategy;
mod tally;
#[cfg(test)]
mod tests;
mod words;

use crate::run::{BackendUnderTest, Plan};

pub(crate) use bench::Bench;
pub(crate) use hunt::hunt;
pub(crate) use lives::LifeQuarry;
pub use plan::{HuntPlan, KeepCourses, Only};
pub use regression::{OfWhom, Regression, RegressionError};
pub(crate) use replay::{regressions, replay};
pub use step::{Asking, Course, Meanwhile, Naming, Parking, Step};
pub use strategy::Cast;
pub(crate) use tally::Tally;
pub use words::Names;

/// The backend of a plan, which is hunted. An SDK has no part in its courses.
#[derive(Clone, Copy)]
pub(crate) struct Hunted<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) backend: &'p BackendUnderTest,
}

impl Hunted<'_> {
    fn cast(self) -> Cast {
        Cast::of(&self.backend.config, &self.plan.contract, self.backend.can_restart())
    }
}
