//! Generated cases: sequences of events in an app, played against an SDK and judged.

mod case_runner;
mod linear;
mod model;
mod play;
mod quiet;
mod step;
mod strategy;
mod together;
mod words;

pub(crate) use case_runner::CaseSdk;
pub use case_runner::{CaseError, SdkCaseResult, SdkCaseRunner};
pub use quiet::quiet_runtime;
pub(crate) use step::Class;
pub use step::{Doing, FaultBurst, SdkCase, SdkStep, Who};
pub use strategy::GeneratorConfig;
pub(crate) use words::words;

/// The origin that redirects of a case lead to. No server listens there; the player replaces it by the harness's own
/// other origin.
const OTHER_ORIGIN: &str = "http://other-origin.invalid/";
