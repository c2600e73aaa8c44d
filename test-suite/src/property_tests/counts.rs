//! How often all generated cases together exercised each rule.

use std::collections::BTreeMap;

use standin_contracts::rules::{Judgement, Verdict};

use crate::report::Exercised;

/// How often each rule that applies was exercised.
#[derive(Debug, Default)]
pub(crate) struct ExerciseCounts(BTreeMap<String, u64>);

impl ExerciseCounts {
    pub(crate) fn add(&mut self, judgements: &[Judgement]) {
        for one in judgements.iter().filter(|one| one.verdict != Verdict::NotApplicable) {
            *self.0.entry(one.rule.clone()).or_default() += one.exercised;
        }
    }

    /// How many rules were exercised, of how many.
    pub(super) fn words(&self) -> String {
        let seen = self.0.values().filter(|times| **times > 0).count();
        format!("{seen} of {} rules exercised", self.0.len())
    }

    pub(crate) fn report(self) -> Vec<Exercised> {
        self.0.into_iter().map(|(rule, times)| Exercised { rule, times }).collect()
    }
}
