//! Plays failed cases again: all regressions before a run, or a single case in its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_contracts::history::Event;

use super::failing_case::{FailingCase, replay_of_case};
use super::offence::{CaseResult, Offence};
use super::plan::Only;
use super::regression::Regression;
use super::subject::Subject;
use crate::report::{
    EndReport, FactReport, FindingReport, PropertyTestReport, RegressionReport, RegressionState, Summary, VendorReport,
};
use crate::run::{Progress, RunError};

/// The results of the regressions.
#[derive(Default)]
pub(crate) struct Past {
    regressions: Vec<RegressionReport>,
    findings: Vec<(String, FindingReport)>,
    ended: Option<EndReport>,
}

/// Plays every regression of the plan, each on a fresh subject.
pub(crate) async fn regressions<Q: Subject>(subject: &mut Q, progress: Progress<'_>) -> Result<Past, RunError> {
    let mut past = Past::default();
    let rule = subject.plan().rule.clone();
    let wanted = |one: &&Regression<Q::Case>| rule.is_none() || rule.as_deref() == one.rule();
    let regressions: Vec<_> = subject.tests().regressions.iter().filter(wanted).cloned().collect();
    for regression in &regressions {
        progress(&format!("regression {}", regression.file.display()));
        let state = past.play(subject, regression).await?;
        past.regressions.push(regression.report(state));
    }
    subject.tear_down().await;
    Ok(past)
}

impl Past {
    async fn play<Q: Subject>(
        &mut self,
        subject: &mut Q,
        regression: &Regression<Q::Case>,
    ) -> Result<RegressionState, RunError> {
        if let Some(why) = subject.lacks(&regression.case) {
            return Ok(RegressionState::NotPlayed(why));
        }
        let case = subject.with_epilogue(&regression.case);
        let played = subject.play_afresh("regression", &case).await?;
        let state = state(&played, &regression.breaks);
        if state == RegressionState::Failed {
            let found = regression.found(Q::length(&regression.case), played);
            match regression.rule() {
                Some(rule) => {
                    self.findings.extend(found.finding(subject, rule).map(|finding| (rule.to_owned(), finding)));
                }
                None => self.ended = Some(found.end(subject)),
            }
        }
        Ok(state)
    }

    /// Adds these results to the report of the run.
    pub(crate) fn add_to(self, report: &mut VendorReport) {
        if !self.regressions.is_empty() {
            report.property_tests.get_or_insert_with(PropertyTestReport::default).regressions.extend(self.regressions);
            report.add_findings(self.findings);
            report.end_in(self.ended);
        }
    }
}

impl<C: Clone> Regression<C> {
    fn report(&self, state: RegressionState) -> RegressionReport {
        RegressionReport { file: self.file.display().to_string(), breaks: self.breaks.name().to_owned(), state }
    }

    fn found(&self, long: usize, played: CaseResult) -> FailingCase<C> {
        FailingCase {
            offence: self.breaks.clone(),
            case: self.case.clone(),
            seed: self.seed,
            number: self.number,
            long,
            confirmed: None,
            played,
            file: Some(self.file.clone()),
        }
    }
}

fn state(played: &CaseResult, breaks: &Offence) -> RegressionState {
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

/// Plays a single case in place of a run, and reports the rules that it is about.
pub(crate) async fn replay<Q: Subject>(
    subject: &mut Q,
    only: &Only<Q::Case>,
    changed: Vec<FactReport>,
) -> Result<VendorReport, RunError> {
    let case = match only {
        Only::Regression(regression) => regression.case.clone(),
        Only::Case(number) => subject.case(*number)?,
    };
    let played = subject.play_afresh("case", &subject.with_epilogue(&case)).await?;
    subject.tear_down().await;
    let mut report = report_of(subject, only, &played, changed);
    let tests = report.property_tests.get_or_insert_with(PropertyTestReport::default);
    tests.only = subject.words(&case);
    if let Only::Regression(regression) = only {
        tests.regressions = vec![regression.report(state(&played, &regression.breaks))];
    }
    Ok(report)
}

fn report_of<Q: Subject>(
    subject: &Q,
    only: &Only<Q::Case>,
    played: &CaseResult,
    changed: Vec<FactReport>,
) -> VendorReport {
    let plan = subject.plan();
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
        Only::Case(number) => replay_of_case(plan, about, *number),
    };
    for finding in report.rules.iter_mut().flat_map(|rule| &mut rule.findings) {
        finding.scenario = None;
        finding.replay.clone_from(&again);
    }
    report.halted.clone_from(&played.halt);
    report.summary = Summary::of(&report.rules);
    report
}
