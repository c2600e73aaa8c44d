//! Plays again what failed once: all that is kept before a run, or a single course in its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_contracts::history::Event;

use super::found::{Found, replay_of_case};
use super::offence::{Offence, Played};
use super::plan::Only;
use super::quarry::Quarry;
use super::regression::Regression;
use crate::report::{
    EndReport, FactReport, FindingReport, HuntReport, RegressionReport, RegressionState, Summary, VendorReport,
};
use crate::run::{Progress, RunError};

/// What came of the courses that are kept.
#[derive(Default)]
pub(crate) struct Past {
    regressions: Vec<RegressionReport>,
    findings: Vec<(String, FindingReport)>,
    ended: Option<EndReport>,
}

/// Plays every regression of the plan, each on a fresh subject.
pub(crate) async fn regressions<Q: Quarry>(quarry: &mut Q, progress: Progress<'_>) -> Result<Past, RunError> {
    let mut past = Past::default();
    let rule = quarry.plan().rule.clone();
    let wanted = |one: &&Regression<Q::Course>| rule.is_none() || rule.as_deref() == one.rule();
    let regressions: Vec<_> = quarry.hunt().regressions.iter().filter(wanted).cloned().collect();
    for regression in &regressions {
        progress(&format!("regression {}", regression.file.display()));
        let state = past.play(quarry, regression).await?;
        past.regressions.push(regression.report(state));
    }
    quarry.strike().await;
    Ok(past)
}

impl Past {
    async fn play<Q: Quarry>(
        &mut self,
        quarry: &mut Q,
        regression: &Regression<Q::Course>,
    ) -> Result<RegressionState, RunError> {
        if let Some(why) = quarry.lacks(&regression.course) {
            return Ok(RegressionState::NotPlayed(why));
        }
        let course = quarry.with_epilogue(&regression.course);
        let played = quarry.play_afresh("regression", &course).await?;
        let state = state(&played, &regression.breaks);
        if state == RegressionState::Failed {
            let found = regression.found(Q::length(&regression.course), played);
            match regression.rule() {
                Some(rule) => {
                    self.findings.extend(found.finding(quarry, rule).map(|finding| (rule.to_owned(), finding)));
                }
                None => self.ended = Some(found.end(quarry)),
            }
        }
        Ok(state)
    }

    /// Adds this to the report of the run.
    pub(crate) fn add_to(self, report: &mut VendorReport) {
        if !self.regressions.is_empty() {
            report.hunt.get_or_insert_with(HuntReport::default).regressions.extend(self.regressions);
            report.add_findings(self.findings);
            report.end_in(self.ended);
        }
    }
}

impl<C: Clone> Regression<C> {
    fn report(&self, state: RegressionState) -> RegressionReport {
        RegressionReport { file: self.file.display().to_string(), breaks: self.breaks.name().to_owned(), state }
    }

    fn found(&self, long: usize, played: Played) -> Found<C> {
        Found {
            offence: self.breaks.clone(),
            course: self.course.clone(),
            seed: self.seed,
            case: self.case,
            long,
            confirmed: None,
            played,
            file: Some(self.file.clone()),
        }
    }
}

fn state(played: &Played, breaks: &Offence) -> RegressionState {
    let seen = match breaks {
        Offence::Rule(rule) => played.judgement(rule).is_some_and(|one| one.exercised > 0),
        Offence::Ended | Offence::Silent => true,
    };
    match played.shows(breaks) {
        true => RegressionState::Failed,
        false if seen && played.halt.is_none() => RegressionState::Mended,
        false => RegressionState::NotSeen,
    }
}

/// Plays a single course in place of a run, and reports the rules that it is about.
pub(crate) async fn replay<Q: Quarry>(
    quarry: &mut Q,
    only: &Only<Q::Course>,
    changed: Vec<FactReport>,
) -> Result<VendorReport, RunError> {
    let course = match only {
        Only::Regression(regression) => regression.course.clone(),
        Only::Case(case) => quarry.course(*case)?,
    };
    let played = quarry.play_afresh("course", &quarry.with_epilogue(&course)).await?;
    quarry.strike().await;
    let mut report = report_of(quarry, only, &played, changed);
    let hunt = report.hunt.get_or_insert_with(HuntReport::default);
    hunt.only = quarry.words(&course);
    if let Only::Regression(regression) = only {
        hunt.regressions = vec![regression.report(state(&played, &regression.breaks))];
    }
    Ok(report)
}

fn report_of<Q: Quarry>(quarry: &Q, only: &Only<Q::Course>, played: &Played, changed: Vec<FactReport>) -> VendorReport {
    let plan = quarry.plan();
    let about = match only {
        Only::Regression(regression) => Some(regression.breaks.name()),
        Only::Case(_) => plan.rule.as_deref(),
    };
    let of_interest = |rule: &str, exercised: u64| about.map_or(exercised > 0, |about| about == rule);
    let judged = played.judgements.iter().filter(|one| of_interest(&one.rule, one.exercised)).cloned().collect();
    let events: Vec<&Event> = played.events.iter().map(Arc::as_ref).collect();
    let mut report = plan.report(changed, judged, BTreeMap::new(), &events);
    let again = match only {
        Only::Regression(regression) => format!("{} --regression {}", plan.command, regression.file.display()),
        Only::Case(case) => replay_of_case::<Q>(plan, about, *case),
    };
    for finding in report.rules.iter_mut().flat_map(|rule| &mut rule.findings) {
        finding.scenario = None;
        finding.replay.clone_from(&again);
    }
    report.halted.clone_from(&played.halt);
    report.summary = Summary::of(&report.rules);
    report
}
