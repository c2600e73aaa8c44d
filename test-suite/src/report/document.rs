//! The document of a run: what the terminal shows and what `--report json=PATH` writes.

use schemars::JsonSchema;
use serde::Serialize;
use standin_contracts::requirements::Level;
use standin_contracts::rules::Verdict;

use super::wall_time::{WallTime, wall_times};
use super::{
    AdminCalls, CaseReport, CoverageData, CoverageReport, CrashesReport, EndReport, Exercised, FleetReport,
    PropertyTestReport, Recurrence,
};
use crate::snapshot::{SnapshotReport, Transcript};

/// The version of the document's format.
pub const REPORT_VERSION: u32 = 1;

/// The exit codes of a run.
pub mod exit {
    /// Every required rule was exercised and passed.
    pub const CLEAN: u8 = 0;
    /// A `MUST` rule failed, a snapshot changed, or the subject called the mock's admin API.
    pub const FAILED: u8 = 1;
    /// The command line, a file or a filter is wrong.
    pub const USAGE: u8 = 2;
    /// The subject could not start, or it ended.
    pub const SUBJECT: u8 = 3;
    /// Standin itself failed.
    pub const OURS: u8 = 4;
    /// An accepted exception is not needed any more.
    pub const STALE: u8 = 5;
    /// A required rule was not exercised or is not testable, or no app request ever got an outcome.
    pub const NOT_EXERCISED: u8 = 6;
}

/// The report of one run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RunDocument {
    /// The version of this format.
    pub standin_report: u32,
    /// The version of Standin.
    pub program: String,
    /// Seed for all randomness; null if recorded histories have several seeds.
    pub seed: Option<u64>,
    /// One report for each vendor. For recorded histories, one for each vendor in each history.
    pub vendors: Vec<VendorReport>,
    /// The exit code of the run.
    pub exit_code: u8,
    /// How long parts of the run took. For the same seed and references, all else is the same in every run.
    pub wall_times: Vec<WallTime>,
}

/// The results of one subject against one vendor.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VendorReport {
    /// The vendor's name.
    pub vendor: String,
    /// SHA-256 of the vendor's contract, in hex.
    pub contract: String,
    /// The name of the subject.
    pub subject: String,
    /// Root facts that were changed for the run.
    pub changed: Vec<FactReport>,
    /// Facts that a reader needs to interpret the verdicts.
    pub notices: Vec<String>,
    /// The scenarios, in the order in which they were played.
    pub scenarios: Vec<ScenarioReport>,
    /// The rules, sorted by name.
    pub rules: Vec<RuleReport>,
    /// The number of judged events.
    pub events: u64,
    /// The calls that never had an outcome, although the vendor had no fault.
    pub without_outcome: Vec<String>,
    /// The subject's calls to the mock's admin API.
    pub admin_calls: AdminCalls,
    /// The results of the snapshot comparison, if one was asked for.
    pub snapshots: Vec<SnapshotReport>,
    /// The transcript of each scenario, for the snapshot comparison. Not part of the written document.
    #[serde(skip)]
    pub transcripts: Vec<Transcript>,
    /// Why the run ended early; null if it did not.
    pub halted: Option<String>,
    /// The results of regressions and generated cases.
    pub property_tests: Option<PropertyTestReport>,
    /// The results of the crash points, if they were asked for.
    pub crashes: Option<CrashesReport>,
    /// How a fleet recovered from an outage, if one was asked for.
    pub fleet: Option<FleetReport>,
    /// What an SDK under test covered of the vendor, and what it missed.
    pub coverage: Option<CoverageReport>,
    /// The data behind `coverage`. Not part of the written document.
    #[serde(skip)]
    pub coverage_data: Option<CoverageData>,
    /// What was found once and on no fresh subject again.
    pub unconfirmed: Vec<UnconfirmedReport>,
    /// Whether warnings fail the run.
    pub strict: bool,
    /// The number of rules by verdict.
    pub summary: Summary,
}

/// A finding of a generated case or a crash point that did not come again on a fresh subject. It is a warning, since the
/// rule rests on when commands came and not on a message alone.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UnconfirmedReport {
    /// The name of the rule.
    pub rule: String,
    /// The finding.
    pub finding: FindingReport,
    /// The file with the history that shows it; null if the run writes none.
    pub history: Option<String>,
}

/// A root fact that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FactReport {
    /// The name of the fact.
    pub name: String,
    /// The value in the contract.
    pub contract: String,
    /// The value in this run.
    pub run: String,
}

/// A scenario, and whether it was played.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ScenarioReport {
    /// The name of the scenario.
    pub name: String,
    /// What happens in it, in one sentence.
    pub summary: String,
    /// Why it was not played; null if it was.
    pub skipped: Option<String>,
}

/// The verdict on one rule.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuleReport {
    /// The name of the rule.
    pub rule: String,
    /// The rule's statement, in one sentence.
    pub statement: String,
    /// The verdict on the rule.
    pub verdict: Verdict,
    /// `must` or `should`; null where the rule does not apply.
    pub level: Option<Level>,
    /// Whether the run was meant to exercise the rule. False for recorded histories.
    pub promised: bool,
    /// Whether the rule rests on assumed facts only. Then a failure is reported, and does not fail the run.
    pub note: bool,
    /// How often the scenarios exercised the rule.
    pub exercised: u64,
    /// How often generated cases, crash points and fleets exercised the rule.
    pub in_cases: u64,
    /// The scenarios that exercised the rule.
    pub scenarios: Vec<String>,
    /// Why the rule was not exercised, is not testable or does not apply.
    pub reason: Option<String>,
    /// What the rule passed without seeing, such as `after a restart`.
    pub not_seen: Vec<String>,
    /// The reason for which the configuration accepts that the rule is not exercised.
    pub accepted: Option<String>,
    /// The ids of the requirements behind the rule.
    pub requirements: Vec<String>,
    /// Every finding of a failed rule.
    pub findings: Vec<FindingReport>,
}

/// One occurrence of a rule's failure.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FindingReport {
    /// What happened, in one sentence.
    pub message: String,
    /// The scenario in which it happened.
    pub scenario: Option<String>,
    /// The generated case in which it happened.
    pub case: Option<CaseReport>,
    /// In words, where a process was killed in the scenario; null if none was.
    pub killed: Option<String>,
    /// How often it came again where a process was killed, of how many tries on a fresh subject; null if it was not
    /// tried.
    pub came_again: Option<Recurrence>,
    /// The events that prove it, as a small sequence.
    pub steps: Vec<Step>,
    /// The command that shows it again.
    pub replay: String,
}

/// One line of a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Step {
    /// The event's number in the history.
    pub seq: u64,
    /// The sender and the receiver.
    pub actors: String,
    /// The content of the message, in short.
    pub said: String,
}

/// The number of rules by verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Rules that passed.
    pub passed: usize,
    /// `MUST` rules that failed.
    pub failed: usize,
    /// `SHOULD` rules that failed.
    pub warnings: usize,
    /// Failed rules that rest on assumed facts only.
    pub notes: usize,
    /// Required rules that were not exercised, and not accepted either.
    pub not_exercised: usize,
    /// Required rules that were not exercised, which the configuration accepts.
    pub accepted: usize,
    /// Rules that were not exercised and need not be.
    pub optional_not_exercised: usize,
    /// Rules that don't apply.
    pub not_applicable: usize,
    /// Accepted rules that were exercised after all.
    pub stale: usize,
}

impl RuleReport {
    /// Adds another case's result for the same rule. One finding is enough to fail.
    fn add(&mut self, other: Self) {
        let is_worse = other.verdict == Verdict::Failed || self.is_not_exercised() && !other.is_not_exercised();
        if is_worse && self.verdict != Verdict::Failed {
            (self.verdict, self.reason) = (other.verdict, other.reason);
        }
        self.not_seen.extend(other.not_seen);
        self.exercised += other.exercised;
        self.findings.extend(other.findings);
    }

    /// Whether the rule has no verdict from evidence: not exercised, or not testable.
    pub fn is_not_exercised(&self) -> bool {
        matches!(self.verdict, Verdict::NotExercised | Verdict::NotTestable)
    }

    /// The line under `[accepted]` that accepts that the rule is not exercised.
    pub fn acceptance(&self) -> String {
        format!("\"{}\" = \"why it can't be exercised here\"", self.rule)
    }

    /// Whether the rule must be exercised for the run to pass.
    pub fn is_required(&self) -> bool {
        self.promised && self.level == Some(Level::Must) && !self.note
    }
}

impl Summary {
    /// Counts the rules by verdict.
    pub fn of(rules: &[RuleReport]) -> Self {
        let mut summary = Self::default();
        for rule in rules {
            *summary.place(rule) += 1;
            summary.stale += usize::from(rule.accepted.is_some() && !rule.is_not_exercised());
        }
        summary
    }

    fn place(&mut self, rule: &RuleReport) -> &mut usize {
        match rule.verdict {
            Verdict::Passed => &mut self.passed,
            Verdict::NotApplicable => &mut self.not_applicable,
            Verdict::Failed if rule.note => &mut self.notes,
            Verdict::Failed if rule.level == Some(Level::Must) => &mut self.failed,
            Verdict::Failed => &mut self.warnings,
            Verdict::NotExercised | Verdict::NotTestable if !rule.is_required() => &mut self.optional_not_exercised,
            Verdict::NotExercised | Verdict::NotTestable if rule.accepted.is_some() => &mut self.accepted,
            Verdict::NotExercised | Verdict::NotTestable => &mut self.not_exercised,
        }
    }

    /// The exit code of these verdicts.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self { failed: 1.., .. } => exit::FAILED,
            Self { not_exercised: 1.., .. } => exit::NOT_EXERCISED,
            Self { stale: 1.., .. } => exit::STALE,
            _ => exit::CLEAN,
        }
    }
}

impl RunDocument {
    /// A document of these reports. A subject that ended early outweighs earlier verdicts, except failures.
    pub fn new(seed: u64, vendors: Vec<VendorReport>) -> Self {
        Self::of(Some(seed), vendors)
    }

    /// A document of recorded histories, with their common seed, if they have one.
    pub fn of(seed: Option<u64>, vendors: Vec<VendorReport>) -> Self {
        let codes: Vec<u8> = vendors.iter().map(VendorReport::exit_code).collect();
        let worst = [exit::OURS, exit::FAILED, exit::SUBJECT, exit::NOT_EXERCISED, exit::STALE];
        let exit_code = worst.into_iter().find(|code| codes.contains(code)).unwrap_or_else(|| unless_empty(&vendors));
        let program = env!("CARGO_PKG_VERSION").to_owned();
        let wall_times = wall_times(&vendors);
        Self { standin_report: REPORT_VERSION, program, seed, vendors, exit_code, wall_times }
    }
}

/// The exit code of a run without failures: clean only if some rule was exercised. Accepting everything exercises
/// nothing.
fn unless_empty(vendors: &[VendorReport]) -> u8 {
    let some = |counts: fn(&Summary) -> bool| vendors.iter().any(|report| counts(&report.summary));
    let mended = vendors.iter().filter_map(|report| report.property_tests.as_ref()).any(PropertyTestReport::has_mended);
    if mended || some(|summary| summary.passed + summary.warnings + summary.notes > 0) {
        exit::CLEAN
    } else if some(|summary| summary.optional_not_exercised + summary.accepted > 0) {
        exit::NOT_EXERCISED
    } else {
        exit::USAGE
    }
}

impl RunDocument {
    /// Whether nothing but warnings fails the run.
    pub(super) fn fails_by_warnings(&self) -> bool {
        let lenient = |report: &VendorReport| VendorReport { strict: false, ..report.clone() }.exit_code();
        self.exit_code == exit::FAILED && self.vendors.iter().all(|report| lenient(report) != exit::FAILED)
    }

    /// The meaning of the exit code, in one sentence.
    pub(super) fn meaning(&self) -> &'static str {
        let nothing_owed = |report: &VendorReport| report.exit_code() != exit::NOT_EXERCISED;
        let only_steered = |report: &VendorReport| {
            let is_kept = report.summary.failed == 0
                && report.admin_calls.times > 0
                && !report.snapshots.iter().any(|one| one.state.fails());
            is_kept || report.exit_code() != exit::FAILED
        };
        match self.exit_code {
            exit::FAILED if self.vendors.iter().all(only_steered) => "the subject called the mock's admin API",
            exit::FAILED if self.fails_by_warnings() => "there are warnings, and `--strict` lets none pass",
            exit::FAILED => "a MUST rule failed, or a snapshot changed",
            exit::USAGE => "no rule was judged: the filter matches nothing here",
            exit::SUBJECT => "the subject could not start, or it ended",
            exit::STALE => "a rule accepted as not exercised was exercised after all",
            exit::NOT_EXERCISED if self.vendors.iter().all(nothing_owed) => "no rule was exercised",
            exit::NOT_EXERCISED => "something required was not exercised, so the run can't pass",
            _ => "Standin itself failed",
        }
    }
}

impl VendorReport {
    /// The exit code of this report alone.
    pub fn exit_code(&self) -> u8 {
        match self.summary.exit_code() {
            exit::FAILED => exit::FAILED,
            _ if self.strict && self.warnings() > 0 => exit::FAILED,
            _ if self.snapshots.iter().any(|snapshot| snapshot.state.fails()) => exit::FAILED,
            _ if self.admin_calls.times > 0 => exit::FAILED,
            _ if self.halted.is_some() => exit::SUBJECT,
            _ if !self.without_outcome.is_empty() => exit::NOT_EXERCISED,
            _ if self.property_tests.as_ref().is_some_and(PropertyTestReport::saw_nothing) => exit::NOT_EXERCISED,
            code => code,
        }
    }

    /// The number of warnings: failed `SHOULD` rules, and what was found once only.
    pub(super) fn warnings(&self) -> usize {
        self.summary.warnings + self.unconfirmed.len()
    }

    /// Adds the counts of generated cases. A rule that only they exercised has passed so far. An accepted rule stays
    /// not exercised: a run without cases needs the acceptance.
    pub(crate) fn see_in_cases(&mut self, exercised: &[Exercised]) {
        for rule in &mut self.rules {
            let seen = exercised.iter().find(|one| one.rule == rule.rule);
            rule.in_cases += seen.map_or(0, |one| one.times);
            if rule.in_cases > 0 && rule.is_not_exercised() && rule.accepted.is_none() {
                rule.verdict = Verdict::Passed;
                rule.reason = None;
            }
        }
        self.summary = Summary::of(&self.rules);
    }

    /// Adds findings to the rules that failed. They come first, as they have a case that leads to them.
    pub(crate) fn add_findings(&mut self, findings: Vec<(String, FindingReport)>) {
        for (name, finding) in findings {
            if let Some(rule) = self.rules.iter_mut().find(|rule| rule.rule == name) {
                rule.verdict = Verdict::Failed;
                rule.reason = None;
                rule.not_seen.clear();
                rule.findings.insert(0, finding);
            }
        }
        self.summary = Summary::of(&self.rules);
    }

    /// Merges the reports of one generated case for a backend and of another for an SDK.
    pub(crate) fn with_case(mut self, other: Self) -> Self {
        for rule in other.rules {
            match self.rules.iter_mut().find(|known| known.rule == rule.rule) {
                Some(known) => known.add(rule),
                None => self.rules.push(rule),
            }
        }
        self.rules.sort_by(|one, next| one.rule.cmp(&next.rule));
        self.events += other.events;
        self.admin_calls.add(other.admin_calls);
        self.halted = self.halted.or(other.halted);
        let words = other.property_tests.map(|tests| tests.only).unwrap_or_default();
        self.property_tests.get_or_insert_with(PropertyTestReport::default).only.extend(words);
        self.summary = Summary::of(&self.rules);
        self
    }

    /// Records that the backend ended in a generated case.
    pub(crate) fn end_in(&mut self, ended: Option<EndReport>) {
        if let Some(end) = ended {
            self.halted.get_or_insert_with(|| end.message.clone());
            self.property_tests.get_or_insert_with(PropertyTestReport::default).ended = Some(end);
        }
    }
}
