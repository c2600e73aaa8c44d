//! How long parts of a run took. Of a run whose participants are all in this program, nothing else in the document
//! depends on the machine.

use schemars::JsonSchema;
use serde::Serialize;

use super::document::VendorReport;

/// The real time that a part of a run took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WallTime {
    /// The vendor's name.
    pub vendor: String,
    /// The part: `cases`, `SDK cases` or `crash points`.
    pub of: &'static str,
    /// The time, in milliseconds.
    pub took_ms: u64,
}

/// The parts of these runs that were timed.
pub(super) fn wall_times(vendors: &[VendorReport]) -> Vec<WallTime> {
    let timed = |report: &VendorReport| {
        let cases = report.property_tests.iter().flat_map(|tests| &tests.cases).map(|cases| (cases.of, cases.took_ms));
        let crashes = report.crashes.iter().map(|crashes| ("crash points", crashes.took_ms));
        let vendor = report.vendor.clone();
        let of = move |(of, took_ms)| WallTime { vendor: vendor.clone(), of, took_ms };
        cases.chain(crashes).map(of).collect::<Vec<_>>()
    };
    vendors.iter().flat_map(timed).collect()
}
