//! Generated courses of events: what no script thought of.
//!
//! A [`Case`] of a client backend is drawn from a seed, played on a stage and judged by the rules; so is a
//! [`SdkCase`](crate::sdk::cases::Life) of an SDK, in a world of its own. One that breaks a rule is confirmed on a fresh subject, shrunk
//! to the few steps that it takes, told in words, and kept next to the subject's file. What is hunted is a [`Subject`].

mod case_runner;
mod confirm;
mod counts;
mod failing_case;
mod generate;
mod offence;
mod plan;
mod play;
mod regression;
mod replay;
mod sdk_subject;
mod shrink;
mod shrink_sdk;
mod step;
mod strategy;
mod subject;
#[cfg(test)]
mod tests;
mod words;

use crate::run::{BackendUnderTest, Plan};

pub(crate) use case_runner::CaseRunner;
pub(crate) use counts::ExerciseCounts;
pub(crate) use generate::generate;
pub use plan::{KeepCases, Only, PropertyTestPlan};
pub use regression::{Regression, RegressionError, SubjectKind};
pub(crate) use replay::{regressions, replay};
pub(crate) use sdk_subject::SdkSubject;
pub use step::{Asking, Case, Impersonation, Meanwhile, Parking, Step};
pub use strategy::GeneratorConfig;
pub use words::CaseNames;

/// The backend of a plan, which is hunted. An SDK has no part in its courses.
#[derive(Clone, Copy)]
pub(crate) struct PlannedBackend<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) backend: &'p BackendUnderTest,
}

impl PlannedBackend<'_> {
    fn config(self) -> GeneratorConfig {
        GeneratorConfig::of(&self.backend.config, &self.plan.contract, self.backend.can_restart())
    }
}
