//! The fleet and crash-point parts of a report.

use schemars::JsonSchema;
use serde::Serialize;

use super::{FindingReport, UnconfirmedReport};

/// How a fleet recovered from an outage of its vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FleetReport {
    /// The number of installs.
    pub installs: u64,
    /// The length of the outage, in milliseconds.
    pub outage: u64,
    /// The first pause before a retry in the contract, in milliseconds.
    pub base_ms: u64,
    /// The number of installs whose first retry was in each tenth of that pause.
    pub first_retries: Vec<u64>,
    /// The number of requests over time, from the beginning of the outage.
    pub curve: Vec<Slot>,
    /// The most requests in one second after the outage.
    pub peak_after: u64,
    /// The number of installs that got through again.
    pub recovered: u64,
    /// The time from the end of the outage until the last of them got through, in milliseconds.
    pub recovered_ms: u64,
}

/// One slot of the curve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Slot {
    /// Its beginning, in milliseconds.
    pub from_ms: u64,
    /// The number of requests in it.
    pub requests: u64,
}

/// The results of kills at every event of every scenario.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct CrashesReport {
    /// The number of crash points.
    pub points: u64,
    /// The number of crash points that were played.
    pub played: u64,
    /// How long that took, in milliseconds of real time. It stands among the document's wall times.
    #[serde(skip)]
    pub took_ms: u64,
    /// The findings, by rule.
    #[serde(skip)]
    pub(crate) findings: Vec<(String, FindingReport)>,
    /// The findings that did not come again on a fresh subject.
    #[serde(skip)]
    pub(crate) unconfirmed: Vec<UnconfirmedReport>,
    /// The only crash point of the run, in words, if the run plays nothing else.
    pub only: Option<String>,
}
