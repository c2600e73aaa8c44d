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
