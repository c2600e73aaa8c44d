//! Generated courses of events: what no script thought of.
//!
//! A [`Course`] is drawn from a seed, played on a stage and judged by the rules. One that breaks a rule is confirmed on a
//! fresh backend, shrunk to the few steps that it takes, told in words, and kept next to the backend's file.

mod bench;
mod confirm;
mod found;
mod hunt;
mod plan;
mod play;
mod regression;
mod replay;
mod shrink;
mod step;
mod strategy;
mod tally;
#[cfg(test)]
mod tests;
mod words;

use crate::run::{BackendUnderTest, Plan};

pub(crate) use hunt::hunt;
pub use plan::{HuntPlan, KeepCourses, Only};
pub use regression::{Regression, RegressionError};
pub(crate) use replay::{regressions, replay};
pub use step::{Asking, Course, Meanwhile, Naming, Parking, Step};
pub use strategy::Cast;
pub use words::Names;

/// What is hunted: the backend of a plan. An SDK has no part in courses.
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
