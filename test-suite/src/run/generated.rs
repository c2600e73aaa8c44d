//! The tests of an SDK beside its scenarios: generated cases, crash points, and a fleet.

use std::sync::Arc;

use standin_contracts::history::Event;
use standin_contracts::protocol::Millis;
use standin_contracts::rules::{Judgement, Verdict};
use standin_mock_server::clock::Stopwatch;

use super::{Plan, Progress, RunError};
use crate::property_tests::{self, ExerciseCounts, SdkSubject, convicts, keep_history};
use crate::report::{
    CrashesReport, FactReport, FindingReport, FleetReport, Recurrence, UnconfirmedReport, VendorReport, sequence,
};
use crate::sdk::cases::{SdkCaseResult, SdkCaseRunner};
use crate::sdk::crashes::points;
use crate::sdk::{CrashPoint, SCENARIOS, fleet};

/// The stress options of a run: crash points and fleets.
#[derive(Debug, Clone, Default)]
pub struct StressOptions {
    /// Kill the app at every event of every scenario.
    pub crash_points: bool,
    /// Play only the scenario with this crash.
    pub crash_point: Option<CrashPoint>,
    /// The number of installs whose vendor has an outage; `None` plays no fleet.
    pub fleet: Option<usize>,
    /// The real time after which no further crash point is begun.
    pub budget: Option<Millis>,
}

impl StressOptions {
    fn asks_for_something(&self) -> bool {
        self.crash_points || self.crash_point.is_some() || self.fleet.is_some()
    }
}

/// A finding where a process was killed.
struct Crashed<'s> {
    point: &'s CrashPoint,
    seen: &'s SdkCaseResult,
    rule: String,
    finding: FindingReport,
}

impl Plan {
    /// The SDK as the subject of generated cases. `None` if no SDK is under test, or nothing is asked for that needs
    /// it.
    pub(super) async fn subject(&self, progress: Progress<'_>) -> Result<Option<SdkSubject<'_>>, RunError> {
        match &self.sdk {
            Some(sdk) if self.sdk_cases.asks_for_something() || self.stress_options.asks_for_something() => {
                Ok(Some(SdkSubject::start(self, sdk, progress).await?))
            }
            _ => Ok(None),
        }
    }

    /// Plays generated cases, crash points and a fleet, as far as they are asked for.
    pub(super) async fn test_sdk(&self, report: &mut VendorReport, progress: Progress<'_>) -> Result<(), RunError> {
        let Some(mut subject) = self.subject(progress).await?.filter(|_| report.halted.is_none()) else {
            return Ok(());
        };
        Box::pin(property_tests::generate(&mut subject, report, progress)).await?;
        let mut tally = ExerciseCounts::default();
        if self.stress_options.crash_points {
            let crashes = Box::pin(self.crashes(&mut subject, &mut tally, progress)).await?;
            report.add_findings(crashes.findings.clone());
            report.unconfirmed.extend(crashes.unconfirmed.iter().cloned());
            report.crashes = Some(crashes);
        }
        if let Some(many) = self.stress_options.fleet {
            progress("fleet");
            let (fleet, findings) = Box::pin(self.fleet(&mut subject, &mut tally, many)).await?;
            report.add_findings(findings);
            report.fleet = Some(fleet);
        }
        report.admin_calls.add(tally.admin_calls.clone());
        report.see_in_cases(&tally.report());
        if let Some(coverage_data) = &mut report.coverage_data {
            coverage_data.coverage.add(&subject.coverage);
        }
        subject.end().await;
        Ok(())
    }

    /// Kills the app at every event of every scenario, and judges each run.
    async fn crashes(
        &self,
        subject: &mut SdkSubject<'_>,
        tally: &mut ExerciseCounts,
        progress: Progress<'_>,
    ) -> Result<CrashesReport, RunError> {
        let clock = Stopwatch::start();
        let mut points = Vec::new();
        for scenario in SCENARIOS.iter().filter(|one| self.scenario.as_ref().is_none_or(|name| one.name == name)) {
            let seen = subject.scenario(scenario, None).await?;
            points.extend(seen.iter().flat_map(|seen| self::points(scenario, &seen.events)));
        }
        let mut crashes = CrashesReport { points: points.len() as u64, ..CrashesReport::default() };
        let is_in_time = || self.stress_options.budget.is_none_or(|budget| clock.elapsed() < budget);
        let at_a_time = subject.threads();
        for some in points.chunks(at_a_time) {
            if !is_in_time() {
                break;
            }
            for (point, seen) in some.iter().zip(subject.crashes(some).await?) {
                tally.add(&seen.judged, &seen.events);
                for (rule, finding) in self.findings_at(point, &seen) {
                    let found = Crashed { point, seen: &seen, rule, finding };
                    Box::pin(self.confirm(subject, &mut crashes, found)).await?;
                }
            }
            crashes.played += some.len() as u64;
            progress(&format!("crash point {} of {}", crashes.played, crashes.points));
        }
        crashes.took_ms = clock.elapsed().get();
        Ok(crashes)
    }

    /// Tries a finding again on a fresh subject. Once a rule is sure to fail, its further findings are taken as they are.
    async fn confirm(
        &self,
        subject: &mut SdkSubject<'_>,
        crashes: &mut CrashesReport,
        found: Crashed<'_>,
    ) -> Result<(), RunError> {
        let Crashed { point, seen, rule, mut finding } = found;
        if crashes.findings.iter().any(|(known, one)| *known == rule && one.came_again.is_some_and(Recurrence::is_sure))
        {
            crashes.findings.push((rule, finding));
            return Ok(());
        }
        let again = subject.crash_again(point, &rule).await?;
        finding.came_again = Some(again);
        if convicts(&rule, again) {
            crashes.findings.push((rule, finding));
            return Ok(());
        }
        let name = format!("{rule}-{point}-seed-{}", self.seed);
        let history = keep_history(self, &self.sdk_cases.keep, &name, &seen.header, &seen.events);
        crashes.unconfirmed.push(UnconfirmedReport { rule, finding, history });
        Ok(())
    }

    fn findings_at(&self, point: &CrashPoint, seen: &SdkCaseResult) -> Vec<(String, FindingReport)> {
        let replay = |rule: &str| {
            let command = &self.command;
            format!("{command} --rule {rule} --crash-point {point} --seed {}", self.seed)
        };
        let findings = findings(&seen.judged, &seen.events, &replay);
        let killed = |(rule, finding): (String, FindingReport)| {
            let scenario = Some(point.scenario.to_owned());
            (rule, FindingReport { scenario, killed: Some(point.words()), ..finding })
        };
        findings.into_iter().map(killed).collect()
    }

    async fn fleet(
        &self,
        subject: &mut SdkSubject<'_>,
        tally: &mut ExerciseCounts,
        many: usize,
    ) -> Result<(FleetReport, Vec<(String, FindingReport)>), RunError> {
        let (fleet, seen) = subject.fleet(many).await?;
        tally.add(&seen.judged, &seen.events);
        let replay = |rule: &str| format!("{} --rule {rule} --fleet {many} --seed {}", self.command, self.seed);
        Ok((fleet, findings(&seen.judged, &seen.events, &replay)))
    }

    /// Plays one scenario with one crash in place of a run.
    pub(super) async fn replay_crash(
        &self,
        point: &CrashPoint,
        changed: Vec<FactReport>,
        progress: Progress<'_>,
    ) -> Result<Option<VendorReport>, RunError> {
        let Some(mut subject) = self.subject(progress).await? else { return Ok(None) };
        let Some(scenario) = point.of() else { return Ok(None) };
        let seen = subject.scenario(scenario, Some(point)).await?;
        subject.end().await;
        let Some(seen) = seen else { return Ok(None) };
        let events: Vec<&Event> = seen.events.iter().map(Arc::as_ref).collect();
        let judged = seen.judged.iter().filter(|one| one.exercised > 0 || self.rule.is_some()).cloned().collect();
        let mut report = self.report(changed, judged, std::collections::BTreeMap::new(), &events);
        let again = format!("{} --crash-point {point} --seed {}", self.command, self.seed);
        for finding in report.rules.iter_mut().flat_map(|rule| &mut rule.findings) {
            finding.killed = Some(point.words());
            finding.replay.clone_from(&again);
        }
        let only = format!("in the scenario {}, {}", point.scenario, point.words());
        report.crashes = Some(CrashesReport { only: Some(only), ..CrashesReport::default() });
        report.halted.clone_from(&seen.halted);
        Ok(Some(report))
    }
}

/// The failed rules, with the events that prove each finding.
fn findings(
    judged: &[Judgement],
    events: &[Arc<Event>],
    replay: &dyn Fn(&str) -> String,
) -> Vec<(String, FindingReport)> {
    let events: Vec<&Event> = events.iter().map(Arc::as_ref).collect();
    let broken = judged.iter().filter(|one| one.verdict == Verdict::Failed);
    let each = broken.flat_map(|one| one.findings.iter().take(1).map(move |finding| (one.rule.clone(), finding)));
    let told = |(rule, finding): (String, &standin_contracts::rules::Finding)| {
        let report = FindingReport {
            message: finding.message.clone(),
            scenario: finding.scenario.clone(),
            case: None,
            killed: None,
            came_again: None,
            steps: sequence(&events, &finding.events),
            replay: replay(&rule),
        };
        (rule, report)
    };
    each.map(told).collect()
}

/// Plays a fleet on a mock of its own.
pub(crate) async fn play_fleet(runner: &SdkCaseRunner, many: usize) -> Result<(FleetReport, SdkCaseResult), RunError> {
    let mock = runner.mock().await?;
    let harness = runner.harness(&mock).await.map_err(|halt| RunError::Play(halt.to_string()))?;
    let played = fleet::play(&harness, many).await;
    harness.end().await;
    let seen = runner.seen(&mock, None);
    mock.stop().await;
    Ok((played.map_err(|halt| RunError::Play(halt.to_string()))?, seen))
}
