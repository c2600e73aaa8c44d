//! What can be wrong with a ledger, and where.

use std::fmt;

/// A ledger that can't be used: which one, where in it, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of {whose}: {problem}")]
pub struct LedgerError {
    /// Which of the two ledgers.
    pub whose: Whose,
    /// The line, counted from 1; of a row, its first.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// Which ledger.
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
            Self::Common => "the common ledger",
            Self::Vendor => "the vendor's ledger",
        })
    }
}

/// What is wrong with a ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is no TOML, or has other tables and keys than a ledger.
    #[error("{0}")]
    Syntax(String),
    /// A row says neither who judges it nor why nobody does, or both.
    #[error("row `{0}` needs either `judged_by` with a rule or `excluded_because`, and not both")]
    JudgedOrExcluded(String),
    /// A row names a rule that there isn't.
    #[error("row `{row}` is judged by `{rule}`, which is no rule; {advice}")]
    UnknownRule {
        /// The row.
        row: String,
        /// What it names.
        rule: String,
        /// What may have been meant.
        advice: String,
    },
    /// Two rows have one id.
    #[error("there is a row `{0}` already")]
    Twice(String),
    /// A day is none.
    #[error("row `{row}` was read on `{day}`, which is no day such as 2026-11-20")]
    NoDay {
        /// The row.
        row: String,
        /// What stands there.
        day: String,
    },
    /// An override does nothing, or two things.
    #[error("the override of `{0}` needs either `level` or `excluded_because`, and not both")]
    Override(String),
    /// An override is of a row that there isn't.
    #[error("there is no row `{0}` to override")]
    NoRow(String),
}
