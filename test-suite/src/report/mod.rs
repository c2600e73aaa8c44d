//! Reports: one document of a run, and the ways to write it.

mod document;
mod hunt;
mod junit;
mod live;
mod sequence;
mod terminal;
mod terminal_hunt;

pub use document::{
    FactReport, FindingReport, JourneyReport, REPORT_VERSION, RuleReport, RunDocument, Step, Summary, VendorReport,
    exit,
};
pub use hunt::{
    CasesReport, CourseReport, EndReport, Exercised, HuntReport, Recurrence, RegressionReport, RegressionState, Unkept,
};
pub use junit::junit;
pub(crate) use live::{finding, summary};
pub(crate) use sequence::{actors, intention, sequence};
pub use terminal::render;
