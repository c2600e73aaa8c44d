//! The errors of requirements files, with their places.

use std::fmt;

/// A requirements file that can't be used: the file, the line, and the problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of {whose}: {problem}")]
pub struct RequirementsError {
    /// The file that is wrong.
    pub whose: Whose,
    /// The line, counted from 1. For a wrong requirement, its first line.
    pub line: usize,
    /// The problem.
    pub problem: Problem,
}

/// One of the two requirements files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The common requirements, on every client.
    Common,
    /// The requirements that one vendor adds.
    Vendor,
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Common => "the common requirements",
            Self::Vendor => "the vendor's requirements",
        })
    }
}

/// A problem with a requirements file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file is no TOML, or has tables or keys that no requirements file has.
    #[error("{0}")]
    Syntax(String),
    /// A requirement has neither `judged_by` nor `excluded_because`, or has both.
    #[error("requirement `{0}` needs either `judged_by` with a rule or `excluded_because`, and not both")]
    JudgedOrExcluded(String),
    /// A requirement names a rule that does not exist.
    #[error("requirement `{requirement}` is judged by `{rule}`, which is no rule; {advice}")]
    UnknownRule {
        /// The requirement's id.
        requirement: String,
        /// The name of the rule.
        rule: String,
        /// A hint at the rule that was meant.
        advice: String,
    },
    /// Two requirements have the same id.
    #[error("there is a requirement `{0}` already")]
    Twice(String),
    /// A date is not valid.
    #[error("requirement `{requirement}` was read on `{day}`, which is no day such as 2026-11-20")]
    NoDay {
        /// The requirement's id.
        requirement: String,
        /// The text in the place of the date.
        day: String,
    },
    /// An override sets neither `level` nor `excluded_because`, or sets both.
    #[error("the override of `{0}` needs either `level` or `excluded_because`, and not both")]
    Override(String),
    /// An override names a requirement that does not exist.
    #[error("there is no requirement `{0}` to override")]
    NoRequirement(String),
}
