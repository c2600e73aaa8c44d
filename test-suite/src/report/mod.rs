//! Reports: the document of a run, and its formats.

mod admin_calls;
mod compare;
mod coverage;
mod document;
mod fleet;
mod groups;
mod junit;
mod live;
mod property_tests;
mod sequence;
mod terminal;
mod terminal_coverage;
mod terminal_property_tests;
mod wall_time;

pub use admin_calls::AdminCalls;
pub use compare::Comparison;
pub(crate) use coverage::CoverageData;
pub use coverage::{CoverageGroup, CoverageReport, CoveredItem, Missed, TransitionReport, Why};
pub use document::{
    FactReport, FindingReport, REPORT_VERSION, RuleReport, RunDocument, ScenarioReport, Step, Summary,
    UnconfirmedReport, VendorReport, exit,
};
pub use fleet::{CrashesReport, FleetReport, Slot};
pub use junit::junit;
pub(crate) use live::{finding, summary};
pub use property_tests::{
    CaseReport, CasesReport, EndReport, Exercised, PropertyTestReport, Recurrence, RegressionReport, RegressionState,
    Unkept,
};
pub(crate) use sequence::{actors, intention, sequence};
pub use terminal::render;
pub use wall_time::WallTime;
