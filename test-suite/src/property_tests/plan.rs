//! The plan of a run's property tests.

use std::path::PathBuf;

use standin_contracts::protocol::Millis;

use super::regression::Regression;

/// What a run does in property tests, beside its scenarios.
#[derive(Debug, Clone)]
pub struct PropertyTestPlan<C> {
    /// How many cases to play. `None` plays as many as fit into the budget, or none without a budget.
    pub cases: Option<u64>,
    /// The real time after which no further case is begun.
    pub budget: Option<Millis>,
    /// The single case to play in place of the whole run.
    pub only: Option<Only<C>>,
    /// Cases that failed in an earlier run, to be played first.
    pub regressions: Vec<Regression<C>>,
    /// What to do with failing cases.
    pub keep: KeepCases,
}

/// A single case to play again.
#[derive(Debug, Clone)]
pub enum Only<C> {
    /// The generated case of this number.
    Case(u64),
    /// The case of a regression file.
    Regression(Box<Regression<C>>),
}

/// What to do with failing cases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum KeepCases {
    /// Only report them.
    #[default]
    Nowhere,
    /// Write them into this folder.
    In(PathBuf),
    /// Report what would be written into this folder.
    Reported(PathBuf),
}

impl<C> Default for PropertyTestPlan<C> {
    fn default() -> Self {
        Self { cases: None, budget: None, only: None, regressions: Vec::new(), keep: KeepCases::default() }
    }
}

impl<C> PropertyTestPlan<C> {
    /// Whether there is anything to play.
    pub(crate) fn asks_for_something(&self) -> bool {
        self.only.is_some() || !self.regressions.is_empty() || self.most_cases().is_some()
    }

    /// How many cases to play at most; `None` if none are asked for.
    pub(super) fn most_cases(&self) -> Option<u64> {
        self.cases.or_else(|| self.budget.map(|_| u64::MAX))
    }
}
