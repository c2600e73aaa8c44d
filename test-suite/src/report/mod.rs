//! Reports: one document of a run, and the ways to write it.

mod document;
mod sequence;
mod terminal;

pub use document::{
    FactReport, FindingReport, JourneyReport, REPORT_VERSION, RuleReport, RunDocument, Step, Summary, VendorReport,
    exit,
};
pub(crate) use sequence::sequence;
pub use terminal::render;
