//! Property-based tests: generated sequences of events beyond the scripted scenarios.
//!
//! A [`Case`] of a client backend is generated from a seed, played in a harness and judged by the rules. A
//! [`SdkCase`](crate::sdk::cases::SdkCase) of an SDK gets a harness of its own. A case that fails a rule is confirmed
//! on a fresh subject, shrunk to the few steps that it needs, and reported in words. It is kept next to the subject's
//! file. A [`Subject`] is what cases are played against.

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
mod unconfirmed;
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
pub(crate) use unconfirmed::{convicts, keep_history};
pub use words::CaseNames;

/// The client backend of a plan, under property tests. No SDK takes part in its cases.
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
