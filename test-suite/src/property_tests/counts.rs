//! How often all generated cases together exercised each rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_contracts::history::Event;
use standin_contracts::rules::{Judgement, Verdict};

use crate::report::{AdminCalls, Exercised};

/// How often each rule that applies was exercised, and the calls to the mock's admin API.
#[derive(Debug, Default)]
pub(crate) struct ExerciseCounts {
    rules: BTreeMap<String, u64>,
    pub(crate) admin_calls: AdminCalls,
}

impl ExerciseCounts {
    /// Adds a case: its judgements, and the events that were judged.
    pub(crate) fn add(&mut self, judgements: &[Judgement], events: &[Arc<Event>]) {
        for one in judgements.iter().filter(|one| one.verdict != Verdict::NotApplicable) {
            *self.rules.entry(one.rule.clone()).or_default() += one.exercised;
        }
        self.admin_calls.add(AdminCalls::of(events.iter().map(Arc::as_ref)));
    }

    /// How many rules were exercised, of how many.
    pub(super) fn words(&self) -> String {
        let seen = self.rules.values().filter(|times| **times > 0).count();
        format!("{seen} of {} rules exercised", self.rules.len())
    }

    pub(crate) fn report(self) -> Vec<Exercised> {
        self.rules.into_iter().map(|(rule, times)| Exercised { rule, times }).collect()
    }
}
