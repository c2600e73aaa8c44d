//! The ledger: every requirement, who must meet it, where it is written, and which rules judge it.
//!
//! The common ledger holds what every client backend owes. A vendor's own ledger adds rows, and may change the level of a
//! common row or exclude it with a reason. A rule has no level of its own: it stands where its rows stand.

mod builtin;
mod error;
mod read;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use builtin::builtin;
pub use error::{LedgerError, Problem, Whose};

/// How much a requirement binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Breaking it is a warning.
    Should,
    /// Breaking it is a failure.
    Must,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Should => "should",
            Self::Must => "must",
        })
    }
}

/// Who has to meet a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Party {
    /// The company that embeds the SDK, wherever in its systems.
    #[serde(rename = "client")]
    Client,
    /// That company's backend.
    #[serde(rename = "client backend")]
    ClientBackend,
    /// Both that backend and the vendor's SDK.
    #[serde(rename = "client backend and SDK")]
    ClientBackendAndSdk,
    /// That company's app.
    #[serde(rename = "app")]
    App,
    /// The vendor's SDK inside the app.
    #[serde(rename = "SDK")]
    Sdk,
    /// The vendor's backend.
    #[serde(rename = "vendor")]
    Vendor,
}

/// How well a requirement is founded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Its source says so.
    Documented,
    /// It follows from what its source says.
    Inferred,
    /// It is our own opinion, so what it finds is a note.
    Assumed,
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Documented => "documented",
            Self::Inferred => "inferred",
            Self::Assumed => "assumed",
        })
    }
}

/// One requirement, as it stands after the vendor's overrides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Requirement {
    /// What it is cited by, such as `C3`.
    pub id: String,
    /// Who has to meet it.
    pub who: Party,
    /// How much it binds.
    pub level: Level,
    /// What is required, in our words.
    pub text: String,
    /// How well it is founded.
    pub is: Basis,
    /// Where it is written.
    pub source: String,
    /// The day on which the source was read.
    pub read: String,
    /// The rules that judge it.
    pub judged_by: Vec<String>,
    /// Why nothing judges it, or not for this vendor.
    pub excluded_because: Option<String>,
}

/// The requirements that hold for one vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    rows: Vec<Requirement>,
}

/// Where a rule stands by a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing<'l> {
    /// The strongest level among its rows.
    pub level: Level,
    /// The rows that ask for it.
    pub rows: Vec<&'l Requirement>,
    /// True if every one of them is our own opinion.
    pub assumed_only: bool,
}

impl Ledger {
    /// Reads the common ledger, and a vendor's own over it.
    pub fn read(common: &str, vendor: Option<&str>) -> Result<Self, LedgerError> {
        read::merged(common, vendor).map(|rows| Self { rows })
    }

    /// Every row: the common ones first, each ledger in its own order.
    pub fn rows(&self) -> &[Requirement] {
        &self.rows
    }

    /// Where a rule stands; nowhere if no row asks for it, and then it does not apply.
    pub fn standing(&self, rule: &str) -> Option<Standing<'_>> {
        let rows: Vec<_> = self.naming(rule).filter(|row| row.excluded_because.is_none()).collect();
        let level = rows.iter().map(|row| row.level).max()?;
        let assumed_only = rows.iter().all(|row| row.is == Basis::Assumed);
        Some(Standing { level, rows, assumed_only })
    }

    /// Why the vendor's ledger excludes a rule that would stand otherwise.
    pub fn excluded_because(&self, rule: &str) -> Option<&str> {
        self.naming(rule).find_map(|row| row.excluded_because.as_deref())
    }

    fn naming(&self, rule: &str) -> impl Iterator<Item = &Requirement> {
        self.rows.iter().filter(move |row| row.judged_by.iter().any(|name| name == rule))
    }
}

#[cfg(test)]
mod tests;
