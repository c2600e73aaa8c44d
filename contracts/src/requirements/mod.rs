//! The requirements: who must meet each, its level, its source, and the rules that judge it.
//!
//! The common requirements hold for every vendor. A vendor's own file adds requirements. It may also change the level
//! of a common requirement, or exclude it with a reason. A rule has no level of its own: it takes the highest level
//! of its requirements.

mod builtin;
mod error;
mod read;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use builtin::builtin;
pub use error::{Problem, RequirementsError, Whose};

/// The level of a requirement, which is the severity of its violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A violation is a warning.
    Should,
    /// A violation is a failure.
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

/// The party that must meet a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Party {
    /// The company that embeds the SDK, in any of its systems.
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

/// The evidence for a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The source says it.
    Documented,
    /// It follows from what the source says.
    Inferred,
    /// It is Standin's own opinion, so a finding is only a note.
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

/// One requirement, with the vendor's overrides applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Requirement {
    /// The id by which it is cited, such as `C3`.
    pub id: String,
    /// The party that must meet it.
    pub who: Party,
    /// The level.
    pub level: Level,
    /// The requirement, in Standin's words.
    pub text: String,
    /// The evidence for it.
    pub is: Basis,
    /// The source.
    pub source: String,
    /// The day on which the source was read, as YYYY-MM-DD.
    pub read: String,
    /// The rules that judge it.
    pub judged_by: Vec<String>,
    /// The reason why no rule judges it, or no rule for this vendor.
    pub excluded_because: Option<String>,
}

/// The requirements that hold for one vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirements {
    requirements: Vec<Requirement>,
}

/// The requirements of a rule, with the level that they give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRequirements<'l> {
    /// The highest level among the requirements.
    pub level: Level,
    /// The requirements that the rule judges.
    pub requirements: Vec<&'l Requirement>,
    /// Whether every requirement is Standin's own opinion.
    pub assumed_only: bool,
}

impl Requirements {
    /// Reads the common requirements, and a vendor's own file on top of them.
    /// Fails at the first mistake, with its line.
    pub fn read(common: &str, vendor: Option<&str>) -> Result<Self, RequirementsError> {
        read::merged(common, vendor).map(|requirements| Self { requirements })
    }

    /// All requirements in the order of the files, the common ones first.
    pub fn all(&self) -> &[Requirement] {
        &self.requirements
    }

    /// The requirements of a rule. None if no requirement asks for the rule, so that it does not apply.
    pub fn of_rule(&self, rule: &str) -> Option<RuleRequirements<'_>> {
        let requirements: Vec<_> =
            self.about(rule).filter(|requirement| requirement.excluded_because.is_none()).collect();
        let level = requirements.iter().map(|requirement| requirement.level).max()?;
        let assumed_only = requirements.iter().all(|requirement| requirement.is == Basis::Assumed);
        Some(RuleRequirements { level, requirements, assumed_only })
    }

    /// The vendor's reason for the exclusion of a requirement that the rule judges, if there is one.
    pub fn excluded_because(&self, rule: &str) -> Option<&str> {
        self.about(rule).find_map(|requirement| requirement.excluded_because.as_deref())
    }

    fn about(&self, rule: &str) -> impl Iterator<Item = &Requirement> {
        self.requirements.iter().filter(move |requirement| requirement.judged_by.iter().any(|name| name == rule))
    }
}

#[cfg(test)]
mod tests;
