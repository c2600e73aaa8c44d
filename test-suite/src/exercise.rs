//! The scenarios in which a rule was exercised.
//!
//! A rule counts over a whole history and knows no scenarios. So the history is judged again at the end of each
//! scenario: where the count is higher than before, that scenario exercised the rule.

use std::collections::BTreeMap;

use standin_contracts::history::{Event, What};
use standin_contracts::rules::Judgement;

/// For each rule, the scenarios that exercise it, in the order they were played.
pub(crate) fn scenarios(
    events: &[&Event],
    judge: impl Fn(&[&Event]) -> Vec<Judgement>,
) -> BTreeMap<String, Vec<String>> {
    let starts: Vec<(usize, &str)> = events.iter().enumerate().filter_map(|(at, event)| start(at, event)).collect();
    let ends = starts.iter().skip(1).map(|(at, _)| *at).chain([events.len()]);
    let Some((first, _)) = starts.first() else { return BTreeMap::new() };
    let mut before = counts(judge(&events[..*first]));
    let mut exercised: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ((_, scenario), end) in starts.iter().zip(ends) {
        let now = counts(judge(&events[..end]));
        for rule in now.iter().filter(|(rule, count)| before.get(*rule) < Some(*count)).map(|(rule, _)| rule) {
            exercised.entry(rule.clone()).or_default().push((*scenario).to_owned());
        }
        before = now;
    }
    exercised
}

/// The scenarios that exercise each rule, for a history of unrelated scenarios: each is judged alone, and once.
pub(crate) fn scenarios_apart(
    events: &[&Event],
    judge: impl Fn(&[&Event]) -> Vec<Judgement>,
) -> BTreeMap<String, Vec<String>> {
    let starts: Vec<(usize, &str)> = events.iter().enumerate().filter_map(|(at, event)| start(at, event)).collect();
    let ends = starts.iter().skip(1).map(|(at, _)| *at).chain([events.len()]);
    let mut exercised: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ((begin, scenario), end) in starts.iter().zip(ends) {
        for judgement in judge(&events[*begin..end]).into_iter().filter(|judgement| judgement.exercised > 0) {
            exercised.entry(judgement.rule).or_default().push((*scenario).to_owned());
        }
    }
    exercised
}

fn start(at: usize, event: &Event) -> Option<(usize, &str)> {
    match &event.event {
        What::Scenario { name } => Some((at, name)),
        _ => None,
    }
}

fn counts(judged: Vec<Judgement>) -> BTreeMap<String, u64> {
    judged.into_iter().map(|judgement| (judgement.rule, judgement.exercised)).collect()
}
