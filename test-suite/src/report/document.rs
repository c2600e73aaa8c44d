//! The document of a run: what the terminal shows and what `--report json=PATH` writes.

use schemars::JsonSchema;
use serde::Serialize;
use standin_contracts::requirements::Level;
use standin_contracts::rules::Verdict;

use super::{
    CaseReport, CoverageData, CoverageReport, CrashesReport, EndReport, Exercised, FleetReport, PropertyTestReport,
};
use crate::snapshot::{SnapshotReport, Transcript};

/// The version of the document's form.
pub const REPORT_VERSION: u32 = 1;

/// The exit codes of a run.
pub mod exit {
    /// Every rule that had to be seen was seen, and passed.
    pub const CLEAN: u8 = 0;
    /// A rule that says must failed, or a snapshot changed.
    pub const FAILED: u8 = 1;
    /// The command line, a file or a filter is wrong.
    pub const USAGE: u8 = 2;
    /// The subject could not start, or it ended.
    pub const SUBJECT: u8 = 3;
    /// Standin itself failed.
    pub const OURS: u8 = 4;
    /// Something that was accepted is not needed any more.
    pub const STALE: u8 = 5;
    /// A required rule was not exercised, or could not be tested; or no app ever got what it asked for.
    pub const NOT_EXERCISED: u8 = 6;
}

/// All of one run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RunDocument {
    /// The version of this form.
    pub standin_report: u32,
    /// The version of the program.
    pub program: String,
    /// The seed of everything that was drawn; nothing where recorded histories were drawn from several.
    pub seed: Option<u64>,
    /// One part for each vendor, and of recorded histories for each of these.
    pub vendors: Vec<VendorReport>,
    /// The exit code that the run leads to.
    pub exit_code: u8,
}

/// What was seen of one subject against one vendor.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VendorReport {
    /// The vendor.
    pub vendor: String,
    /// SHA-256 of its contract, in hex.
    pub contract: String,
    /// What the subject is called.
    pub subject: String,
    /// Root facts that were changed for the run.
    pub changed: Vec<FactReport>,
    /// What a reader must know to trust the verdicts.
    pub notices: Vec<String>,
    /// The scenarios, in the order in which they were played.
    pub scenarios: Vec<ScenarioReport>,
    /// The rules, sorted by name.
    pub rules: Vec<RuleReport>,
    /// How many events the judge saw.
    pub events: u64,
    /// The calls that never had an outcome though nothing was wrong at the vendor.
    pub without_outcome: Vec<String>,
    /// What became of the snapshots, where they were asked for.
    pub snapshots: Vec<SnapshotReport>,
    /// What was said in each scenario: what snapshots are compared with, and no part of the written document.
    #[serde(skip)]
    pub transcripts: Vec<Transcript>,
    /// Why the run ended early, if it did.
    pub halted: Option<String>,
    /// What came of courses that were generated, now or once before.
    pub property_tests: Option<PropertyTestReport>,
    /// What came of kills at every event of every scenario, where they were asked for.
    pub crashes: Option<CrashesReport>,
    /// How a fleet came back, where one was asked for.
    pub fleet: Option<FleetReport>,
    /// What was covered of the vendor by an SDK under test, and what was not.
    pub coverage: Option<CoverageReport>,
    /// What coverage is made of: no part of the written document.
    #[serde(skip)]
    pub coverage_data: Option<CoverageData>,
    /// The verdicts, counted.
    pub summary: Summary,
}

/// A root fact that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FactReport {
    /// The fact.
    pub name: String,
    /// What the contract says.
    pub contract: String,
    /// What was in force.
    pub run: String,
}

/// A scenario, and whether it was played.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ScenarioReport {
    /// Its name.
    pub name: String,
    /// What happens in it.
    pub summary: String,
    /// Why it was not played, if it was not.
    pub skipped: Option<String>,
}

/// One rule's verdict.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuleReport {
    /// The rule.
    pub rule: String,
    /// What it says, in a sentence.
    pub statement: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Whether it must hold or should; nothing where it does not apply.
    pub level: Option<Level>,
    /// True if the run was there to see it. A recorded history promises nothing.
    pub promised: bool,
    /// True if it rests on assumed facts only: reported, never scored.
    pub note: bool,
    /// How often there was something to judge.
    pub exercised: u64,
    /// How often there was in what was generated: cases, lives, crash points and a fleet.
    pub in_cases: u64,
    /// The scenarios in which there was.
    pub scenarios: Vec<String>,
    /// Why it was not exercised, can't be tested or does not apply.
    pub reason: Option<String>,
    /// The reason for which the configuration accepts that it was not seen.
    pub accepted: Option<String>,
    /// The requirements that it rests on, by id.
    pub requirements: Vec<String>,
    /// Each place where it failed.
    pub findings: Vec<FindingReport>,
}

/// One place where a rule failed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FindingReport {
    /// What happened, in a sentence.
    pub message: String,
    /// The scenario in which it happened.
    pub scenario: Option<String>,
    /// The generated course of events in which it happened.
    pub case: Option<CaseReport>,
    /// Where a process died in the scenario, if one did, in words.
    pub killed: Option<String>,
    /// The events that prove it, as a small sequence.
    pub steps: Vec<Step>,
    /// One command that runs it again.
    pub replay: String,
}

/// One line of a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Step {
    /// The event's number in the history.
    pub seq: u64,
    /// Who spoke to whom.
    pub actors: String,
    /// What was said.
    pub said: String,
}

/// Verdicts, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Rules that passed.
    pub passed: usize,
    /// Rules that say must and failed.
    pub failed: usize,
    /// Rules that say should and failed.
    pub warnings: usize,
    /// Failed rules that rest on assumed facts only.
    pub notes: usize,
    /// Required rules that were not seen, and not accepted either.
    pub not_exercised: usize,
    /// Required rules that were not seen, which the configuration accepts.
    pub accepted: usize,
    /// Rules that were not seen and need not be.
    pub optional_not_exercised: usize,
    /// Rules that don't apply.
    pub not_applicable: usize,
    /// Accepted rules that were seen after all.
    pub stale: usize,
}

impl RuleReport {
    /// Adds what another case showed of the same rule: one finding is enough to fail.
    fn add(&mut self, other: Self) {
        let is_worse = other.verdict == Verdict::Failed || self.is_not_exercised() && !other.is_not_exercised();
        if is_worse && self.verdict != Verdict::Failed {
            (self.verdict, self.reason) = (other.verdict, other.reason);
        }
        self.exercised += other.exercised;
        self.findings.extend(other.findings);
    }

    /// True if nothing was seen of it.
    pub fn is_not_exercised(&self) -> bool {
        matches!(self.verdict, Verdict::NotExercised | Verdict::NotTestable)
    }

    /// The line that accepts, under `[accepted]`, that it is not seen.
    pub fn acceptance(&self) -> String {
        format!("\"{}\" = \"why it can't be seen here\"", self.rule)
    }

    /// True if it must be seen for a run to be green.
    pub fn is_required(&self) -> bool {
        self.promised && self.level == Some(Level::Must) && !self.note
    }
}

impl Summary {
    /// Counts the verdicts.
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

    /// The exit code that these verdicts lead to.
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
    /// A document of these parts. A subject that ended early outweighs what was seen of it before, except what failed.
    pub fn new(seed: u64, vendors: Vec<VendorReport>) -> Self {
        Self::of(Some(seed), vendors)
    }

    /// A document of recorded histories, with the seed that all of them were drawn from, if it is one.
    pub fn of(seed: Option<u64>, vendors: Vec<VendorReport>) -> Self {
        let codes: Vec<u8> = vendors.iter().map(VendorReport::exit_code).collect();
        let worst = [exit::OURS, exit::FAILED, exit::SUBJECT, exit::NOT_EXERCISED, exit::STALE];
        let exit_code = worst.into_iter().find(|code| codes.contains(code)).unwrap_or_else(|| unless_empty(&vendors));
        let program = env!("CARGO_PKG_VERSION").to_owned();
        Self { standin_report: REPORT_VERSION, program, seed, vendors, exit_code }
    }
}

/// The exit code of a run in which nothing went wrong: it is clean only if something was judged.
fn unless_empty(vendors: &[VendorReport]) -> u8 {
    let some = |counts: fn(&Summary) -> bool| vendors.iter().any(|report| counts(&report.summary));
    let mended = vendors.iter().filter_map(|report| report.property_tests.as_ref()).any(PropertyTestReport::has_mended);
    if mended || some(|summary| summary.passed + summary.warnings + summary.notes + summary.accepted > 0) {
        exit::CLEAN
    } else if some(|summary| summary.optional_not_exercised > 0) {
        exit::NOT_EXERCISED
    } else {
        exit::USAGE
    }
}

impl RunDocument {
    /// What the exit code means here, in a sentence.
    pub(super) fn meaning(&self) -> &'static str {
        let nothing_owed = |report: &VendorReport| report.exit_code() != exit::NOT_EXERCISED;
        match self.exit_code {
            exit::FAILED => "a rule that says must failed, or a snapshot changed",
            exit::USAGE => "no rule was judged: the filter matches nothing here",
            exit::SUBJECT => "the subject could not start, or it ended",
            exit::STALE => "an accepted rule was seen after all",
            exit::NOT_EXERCISED if self.vendors.iter().all(nothing_owed) => "no rule was exercised",
            exit::NOT_EXERCISED => "something required was not seen: nothing is green that was not looked at",
            _ => "Standin itself failed",
        }
    }
}

impl VendorReport {
    /// The exit code that this part leads to.
    pub fn exit_code(&self) -> u8 {
        match self.summary.exit_code() {
            exit::FAILED => exit::FAILED,
            _ if self.snapshots.iter().any(|snapshot| snapshot.state.fails()) => exit::FAILED,
            _ if self.halted.is_some() => exit::SUBJECT,
            _ if !self.without_outcome.is_empty() => exit::NOT_EXERCISED,
            _ if self.property_tests.as_ref().is_some_and(PropertyTestReport::saw_nothing) => exit::NOT_EXERCISED,
            code => code,
        }
    }

    /// Counts what generated cases exercised. What is accepted as not exercised stays so: a run without cases needs that.
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

    /// Adds findings to the rules that they break; before the others, as these tell the course that led there.
    pub(crate) fn add_findings(&mut self, findings: Vec<(String, FindingReport)>) {
        for (name, finding) in findings {
            if let Some(rule) = self.rules.iter_mut().find(|rule| rule.rule == name) {
                rule.verdict = Verdict::Failed;
                rule.reason = None;
                rule.findings.insert(0, finding);
            }
        }
        self.summary = Summary::of(&self.rules);
    }

    /// The report of one generated case for a backend and of another for an SDK, as one.
    pub(crate) fn with_case(mut self, other: Self) -> Self {
        for rule in other.rules {
            match self.rules.iter_mut().find(|known| known.rule == rule.rule) {
                Some(known) => known.add(rule),
                None => self.rules.push(rule),
            }
        }
        self.rules.sort_by(|one, next| one.rule.cmp(&next.rule));
        self.events += other.events;
        self.halted = self.halted.or(other.halted);
        let words = other.property_tests.map(|tests| tests.only).unwrap_or_default();
        self.property_tests.get_or_insert_with(PropertyTestReport::default).only.extend(words);
        self.summary = Summary::of(&self.rules);
        self
    }

    /// Notes that the backend ended in a generated course.
    pub(crate) fn end_in(&mut self, ended: Option<EndReport>) {
        if let Some(end) = ended {
            self.halted.get_or_insert_with(|| end.message.clone());
            self.property_tests.get_or_insert_with(PropertyTestReport::default).ended = Some(end);
        }
    }
}
