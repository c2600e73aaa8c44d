//! Plays again what failed once: all that is kept before a run, or a single course in its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::strategy::ValueTree;
use standin_contracts::history::{Event, Login};

use super::Hunted;
use super::bench::{Bench, Offence, Played};
use super::found::Found;
use super::plan::Only;
use super::regression::Regression;
use super::step::{Asking, Course, Step};
use super::words::Names;
use crate::report::{
    EndReport, FactReport, FindingReport, HuntReport, RegressionReport, RegressionState, Summary, VendorReport,
};
use crate::run::{Plan, Progress, RunError};

/// What came of the courses that are kept.
#[derive(Default)]
pub(crate) struct Past {
    regressions: Vec<RegressionReport>,
    findings: Vec<(String, FindingReport)>,
    ended: Option<EndReport>,
}

/// Plays every regression of the plan, each on a fresh backend.
pub(crate) async fn regressions(hunted: Hunted<'_>, progress: Progress<'_>) -> Result<Past, RunError> {
    let plan = hunted.plan;
    let mut past = Past::default();
    let mut bench = Bench::new(hunted);
    let wanted = |one: &&Regression| plan.rule.is_none() || plan.rule.as_deref() == one.rule();
    for regression in plan.hunt.regressions.iter().filter(wanted) {
        progress(&format!("regression {}", regression.file.display()));
        let state = past.play(&mut bench, regression).await?;
        past.regressions.push(regression.report(state));
    }
    bench.strike().await;
    Ok(past)
}

impl Past {
    async fn play(&mut self, bench: &mut Bench<'_>, regression: &Regression) -> Result<RegressionState, RunError> {
        let hunted = bench.hunted;
        if let Some(why) = regression.lacks(hunted) {
            return Ok(RegressionState::NotPlayed(why));
        }
        let played = bench.play_afresh("regression", &with_epilogue(&regression.course, hunted)).await?;
        let state = state(&played, &regression.breaks);
        if state == RegressionState::Broken {
            let found = regression.found(played);
            match regression.rule() {
                Some(rule) => {
                    self.findings.extend(found.finding(hunted, rule).map(|finding| (rule.to_owned(), finding)));
                }
                None => self.ended = Some(found.end(hunted)),
            }
        }
        Ok(state)
    }

    /// Adds this to the report of the run.
    pub(crate) fn add_to(self, report: &mut VendorReport) {
        if !self.regressions.is_empty() {
            report.hunt.get_or_insert_with(HuntReport::default).regressions = self.regressions;
            report.add_findings(self.findings);
            report.end_in(self.ended);
        }
    }
}

impl Regression {
    /// Why a run can't play it, if it can't.
    fn lacks(&self, hunted: Hunted<'_>) -> Option<String> {
        let restarts = self.course.restarts() && !hunted.backend.can_restart();
        restarts.then(|| "the subject was running already: it can't be restarted".to_owned())
    }

    fn report(&self, state: RegressionState) -> RegressionReport {
        RegressionReport { file: self.file.display().to_string(), breaks: self.breaks.name().to_owned(), state }
    }

    fn found(&self, played: Played) -> Found {
        Found {
            offence: self.breaks.clone(),
            course: self.course.clone(),
            seed: self.seed,
            case: self.case,
            long: self.course.steps.len(),
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
        true => RegressionState::Broken,
        false if seen && played.halt.is_none() => RegressionState::Mended,
        false => RegressionState::NotSeen,
    }
}

/// The course, and after it an honest request to each call: that strangers are turned away shows only where others are served.
fn with_epilogue(course: &Course, hunted: Hunted<'_>) -> Course {
    let calls = 0..hunted.backend.config.calls.usual().count();
    let honest = calls.map(|call| Step::Ask(Asking { call, user: 0, login: Login::Valid, names: None }));
    let key = Step::Key(standin_mock_server::KeyState::Valid);
    let after = [Step::Settle, key].into_iter().chain(honest);
    Course { steps: course.steps.iter().cloned().chain(after).collect() }
}

/// Plays a single course in place of a run, and reports the rules that it is about.
pub(crate) async fn replay(
    hunted: Hunted<'_>,
    only: &Only,
    changed: Vec<FactReport>,
) -> Result<VendorReport, RunError> {
    let plan = hunted.plan;
    let course = match only {
        Only::Regression(regression) => regression.course.clone(),
        Only::Case(case) => {
            hunted.cast().case(plan.seed, *case).map_err(|why| RunError::Generate(why.to_string()))?.current()
        }
    };
    let mut bench = Bench::new(hunted);
    let played = bench.play_afresh("course", &with_epilogue(&course, hunted)).await?;
    bench.strike().await;
    let mut report = report_of(plan, only, &played, changed);
    let hunt = report.hunt.get_or_insert_with(HuntReport::default);
    hunt.only = Names::of(&hunted.backend.config).course(&course);
    if let Only::Regression(regression) = only {
        hunt.regressions = vec![regression.report(state(&played, &regression.breaks))];
    }
    Ok(report)
}

fn report_of(plan: &Plan, only: &Only, played: &Played, changed: Vec<FactReport>) -> VendorReport {
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
        Only::Case(case) => {
            let rule = about.map(|rule| format!(" --rule {rule}")).unwrap_or_default();
            format!("{}{rule} --case {case} --seed {}", plan.command, plan.seed)
        }
    };
    for finding in report.rules.iter_mut().flat_map(|rule| &mut rule.findings) {
        finding.journey = None;
        finding.replay.clone_from(&again);
    }
    report.halted.clone_from(&played.halt);
    report.summary = Summary::of(&report.rules);
    report
}
