//! The requirements: every requirement, who must meet it, where it is written, and which rules judge it.
//!
//! The common requirements holds what every client backend owes. A vendor's own requirements adds requirements, and may change the level of a
//! common requirement or exclude it with a reason. A rule has no level of its own: it stands where its requirements stand.

mod builtin;
mod error;
mod read;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use builtin::builtin;
pub use error::{Problem, RequirementsError, Whose};

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
pub struct Requirements {
    requirements: Vec<Requirement>,
}

/// Where a rule stands by a requirements file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRequirements<'l> {
    /// The strongest level among its requirements.
    pub level: Level,
    /// The requirements that ask for it.
    pub requirements: Vec<&'l Requirement>,
    /// True if every one of them is our own opinion.
    pub assumed_only: bool,
}

impl Requirements {
    /// Reads the common requirements, and a vendor's own over it.
    pub fn read(common: &str, vendor: Option<&str>) -> Result<Self, RequirementsError> {
        read::merged(common, vendor).map(|requirements| Self { requirements })
    }

    /// Every requirement: the common ones first, each requirements in its own order.
    pub fn all(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Where a rule stands; nowhere if no requirement asks for it, and then it does not apply.
    pub fn of_rule(&self, rule: &str) -> Option<RuleRequirements<'_>> {
        let requirements: Vec<_> =
            self.about(rule).filter(|requirement| requirement.excluded_because.is_none()).collect();
        let level = requirements.iter().map(|requirement| requirement.level).max()?;
        let assumed_only = requirements.iter().all(|requirement| requirement.is == Basis::Assumed);
        Some(RuleRequirements { level, requirements, assumed_only })
    }

    /// Why the vendor's requirements excludes a rule that would stand otherwise.
    pub fn excluded_because(&self, rule: &str) -> Option<&str> {
        self.about(rule).find_map(|requirement| requirement.excluded_because.as_deref())
    }

    fn about(&self, rule: &str) -> impl Iterator<Item = &Requirement> {
        self.requirements.iter().filter(move |requirement| requirement.judged_by.iter().any(|name| name == rule))
    }
}

#[cfg(test)]
mod tests;
