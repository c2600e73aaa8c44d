//! What a run is asked to hunt.

use std::path::PathBuf;

use standin_contracts::protocol::Millis;

use super::regression::Regression;

/// What a run is asked to hunt beside its scenarios.
#[derive(Debug, Clone)]
pub struct PropertyTestPlan<C> {
    /// How many cases to play; as many as fit into the budget if only that is given, and else none.
    pub cases: Option<u64>,
    /// How much real time cases may take before no further one is begun.
    pub budget: Option<Millis>,
    /// Play this, and nothing else of the run.
    pub only: Option<Only<C>>,
    /// Courses that failed once, to be played first.
    pub regressions: Vec<Regression<C>>,
    /// What to do with courses that fail.
    pub keep: KeepCases,
}

/// A single course, to be played again.
#[derive(Debug, Clone)]
pub enum Only<C> {
    /// The generated case of this number.
    Case(u64),
    /// A regression.
    Regression(Box<Regression<C>>),
}

/// What to do with courses that fail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum KeepCases {
    /// Tell of them, and no more.
    #[default]
    Nowhere,
    /// Write them into this folder.
    In(PathBuf),
    /// Tell what would be written into this folder.
    Told(PathBuf),
}

impl<C> Default for PropertyTestPlan<C> {
    fn default() -> Self {
        Self { cases: None, budget: None, only: None, regressions: Vec::new(), keep: KeepCases::default() }
    }
}

impl<C> PropertyTestPlan<C> {
    /// True if there is anything to play.
    pub(crate) fn asks_for_something(&self) -> bool {
        self.only.is_some() || !self.regressions.is_empty() || self.most_cases().is_some()
    }

    /// How many cases to play at most; nothing if none are asked for.
    pub(super) fn most_cases(&self) -> Option<u64> {
        self.cases.or_else(|| self.budget.map(|_| u64::MAX))
    }
}
