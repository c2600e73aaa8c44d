//! What a report says of a fleet and of crash points.

use schemars::JsonSchema;
use serde::Serialize;

use super::FindingReport;

/// How a fleet came back after its vendor had failed for all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FleetReport {
    /// How many installs there were.
    pub installs: u64,
    /// How long the vendor failed, in milliseconds.
    pub outage: u64,
    /// The first pause before a retry, by the contract, in milliseconds.
    pub base_ms: u64,
    /// How many installs tried again first in each tenth of that pause.
    pub first_retries: Vec<u64>,
    /// How many requests there were over time, from when the vendor began to fail.
    pub curve: Vec<Slot>,
    /// The most requests in a second, once the vendor was well again.
    pub peak_after: u64,
    /// How many installs got through again.
    pub recovered: u64,
    /// How long it took until the last of them did, in milliseconds since the vendor was well again.
    pub recovered_ms: u64,
}

/// A length of time in a curve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Slot {
    /// Where it begins, in milliseconds.
    pub from_ms: u64,
    /// How many requests fell into it.
    pub requests: u64,
}

/// What came of kills at every event of every scenario.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct CrashesReport {
    /// How many places there are at which a process may die.
    pub points: u64,
    /// At how many of them it died.
    pub played: u64,
    /// How long that took, in milliseconds.
    pub took_ms: u64,
    /// What was found, by rule.
    #[serde(skip)]
    pub(crate) findings: Vec<(String, FindingReport)>,
    /// The one place at which a process died, where a run plays nothing else.
    pub only: Option<String>,
}
