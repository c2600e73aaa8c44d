//! What can be wrong with a requirements file, and where.

use std::fmt;

/// a requirements file that can't be used: which one, where in it, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of {whose}: {problem}")]
pub struct RequirementsError {
    /// Which of the two requirements.
    pub whose: Whose,
    /// The line, counted from 1; of a requirement, its first.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// Which requirements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// What every client owes.
    Common,
    /// What one vendor asks beyond that.
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

/// What is wrong with a requirements file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is no TOML, or has other tables and keys than a requirements file.
    #[error("{0}")]
    Syntax(String),
    /// A requirement says neither who judges it nor why nobody does, or both.
    #[error("requirement `{0}` needs either `judged_by` with a rule or `excluded_because`, and not both")]
    JudgedOrExcluded(String),
    /// A requirement names a rule that there isn't.
    #[error("requirement `{requirement}` is judged by `{rule}`, which is no rule; {advice}")]
    UnknownRule {
        /// The requirement.
        requirement: String,
        /// What it names.
        rule: String,
        /// What may have been meant.
        advice: String,
    },
    /// Two requirements have one id.
    #[error("there is a requirement `{0}` already")]
    Twice(String),
    /// A day is none.
    #[error("requirement `{requirement}` was read on `{day}`, which is no day such as 2026-11-20")]
    NoDay {
        /// The requirement.
        requirement: String,
        /// What stands there.
        day: String,
    },
    /// An override does nothing, or two things.
    #[error("the override of `{0}` needs either `level` or `excluded_because`, and not both")]
    Override(String),
    /// An override is of a requirement that there isn't.
    #[error("there is no requirement `{0}` to override")]
    NoRequirement(String),
}
