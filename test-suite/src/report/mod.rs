//! Reports: one document of a run, and the ways to write it.

mod document;
mod junit;
mod sequence;
mod terminal;

pub use document::{
    FactReport, FindingReport, JourneyReport, REPORT_VERSION, RuleReport, RunDocument, Step, Summary, VendorReport,
    exit,
};
pub use junit::junit;
pub(crate) use sequence::{actors, intention, sequence};
pub use terminal::render;
