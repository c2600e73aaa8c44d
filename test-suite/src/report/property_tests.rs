//! The property tests' part of a report.

use schemars::JsonSchema;
use serde::Serialize;

/// The results of regressions and generated cases.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct PropertyTestReport {
    /// The regressions, which were played first.
    pub regressions: Vec<RegressionReport>,
    /// The results of generated cases, one entry for each subject.
    pub cases: Vec<CasesReport>,
    /// The steps of the only case, in words, if the run plays nothing else.
    pub only: Vec<String>,
    /// The case in which the backend ended or hung.
    pub ended: Option<EndReport>,
}

/// The counts of generated cases.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CasesReport {
    /// The kind of the cases: `cases` for a client backend, `SDK cases` for an SDK.
    pub of: &'static str,
    /// The number of cases.
    pub cases: u64,
    /// The number of steps in all cases.
    pub steps: u64,
    /// The real time for all of it, in milliseconds, including confirming and shrinking. It stands among the document's
    /// wall times.
    #[serde(skip)]
    pub took_ms: u64,
    /// How often each rule was exercised, sorted by name, with rules that never were.
    pub exercised: Vec<Exercised>,
}

/// How often generated cases exercised a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Exercised {
    /// The name of the rule.
    pub rule: String,
    /// The number of times.
    pub times: u64,
}

/// The result of a regression.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RegressionReport {
    /// The path of its file.
    pub file: String,
    /// The rule that it failed, or how the backend ended.
    pub breaks: String,
    /// The result of this run.
    pub state: RegressionState,
}

/// The state of a regression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegressionState {
    /// It fails again.
    Failed,
    /// It passes now, and exercised the rule.
    Mended,
    /// It did not exercise the rule this time.
    NotSeen,
    /// This backend can't play it, with the reason.
    NotPlayed(String),
}

/// The end of a backend in a case.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EndReport {
    /// How it ended.
    pub message: String,
    /// The case that led to it.
    pub case: CaseReport,
    /// The command that plays it again.
    pub replay: String,
}

/// A case that led to a failure.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CaseReport {
    /// Its steps, one sentence each.
    pub words: Vec<String>,
    /// The seed of the generated case.
    pub seed: u64,
    /// The number of the generated case.
    pub number: u64,
    /// The number of steps before shrinking; null if the case was not shrunk.
    pub shrunk_from: Option<usize>,
    /// How often it failed again on a fresh backend and vendor, and of how many tries.
    pub confirmed: Option<Recurrence>,
    /// The file in which it is kept.
    pub kept: Option<String>,
    /// The file that would be written, for a run that writes nothing into its subject's repository.
    pub to_keep: Option<Unkept>,
}

/// How often a failure recurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Recurrence {
    /// The number of tries that failed again.
    pub times: u32,
    /// The number of tries.
    pub of: u32,
}

impl Recurrence {
    /// Whether it failed each time.
    pub(crate) fn is_sure(self) -> bool {
        self.times == self.of
    }
}

/// A file that was not written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unkept {
    /// The path of the file.
    pub file: String,
    /// The content of the file.
    pub content: String,
}

impl PropertyTestReport {
    /// Whether cases were asked for and none of them exercised a rule.
    pub(crate) fn saw_nothing(&self) -> bool {
        self.cases.iter().any(|cases| cases.exercised.iter().all(|rule| rule.times == 0))
    }

    /// Whether a regression passes now.
    pub(crate) fn has_mended(&self) -> bool {
        self.regressions.iter().any(|one| one.state == RegressionState::Mended)
    }
}

impl CaseReport {
    /// Whether it did not fail each time it was tried again.
    pub fn is_flaky(&self) -> bool {
        self.confirmed.is_some_and(|seen| seen.times < seen.of)
    }
}
