//! What a report says of generated courses of events.

use schemars::JsonSchema;
use serde::Serialize;

/// What came of regressions and generated cases.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct PropertyTestReport {
    /// The courses that failed once and were played first.
    pub regressions: Vec<RegressionReport>,
    /// The generated cases, of each subject for which some were asked for.
    pub cases: Vec<CasesReport>,
    /// The one course that was played, in words, where a run plays nothing else.
    pub only: Vec<String>,
    /// How the backend ended in a course, or that it hung, and what led to it.
    pub ended: Option<EndReport>,
}

/// What generated cases exercised.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CasesReport {
    /// Of whom: courses of a client backend, or lives of an SDK.
    pub of: &'static str,
    /// How many were played.
    pub cases: u64,
    /// How many steps they had.
    pub steps: u64,
    /// How long they took, in milliseconds, with all that was played again.
    pub took_ms: u64,
    /// How often each rule was exercised, sorted by name; rules that never were are there too.
    pub exercised: Vec<Exercised>,
}

/// How often a rule was exercised by generated cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Exercised {
    /// The rule.
    pub rule: String,
    /// How often.
    pub times: u64,
}

/// A course that failed once, played again.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RegressionReport {
    /// Its file.
    pub file: String,
    /// What it broke: a rule, or how the backend ended.
    pub breaks: String,
    /// What came of it this time.
    pub state: RegressionState,
}

/// What came of a course that failed once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegressionState {
    /// It fails again.
    Failed,
    /// It fails no more, and exercised the rule.
    Mended,
    /// It did not exercise the rule this time.
    NotSeen,
    /// This backend can't play it; the text says why.
    NotPlayed(String),
}

/// The end of a backend in a course of events.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EndReport {
    /// How it ended.
    pub message: String,
    /// What led to it.
    pub case: CaseReport,
    /// One command that plays it again.
    pub replay: String,
}

/// The course of events that led to a failure.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CaseReport {
    /// Its steps, one sentence each.
    pub words: Vec<String>,
    /// The seed of the case that showed it.
    pub seed: u64,
    /// The number of that case.
    pub number: u64,
    /// How many steps that case had, if some were left out since.
    pub shrunk_from: Option<usize>,
    /// How often it failed on a backend and a vendor that were started for it, and how often it was tried.
    pub confirmed: Option<Recurrence>,
    /// The file in which it is kept.
    pub kept: Option<String>,
    /// Where it would be kept, and the content: for a run that writes nothing into its subject's repository.
    pub to_keep: Option<Unkept>,
}

/// How often something came again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Recurrence {
    /// How often it did.
    pub times: u32,
    /// How often it was tried.
    pub of: u32,
}

/// A file that was not written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unkept {
    /// Where it belongs.
    pub file: String,
    /// What belongs there.
    pub content: String,
}

impl PropertyTestReport {
    /// True if cases were asked for and not one of them exercised a rule.
    pub(crate) fn saw_nothing(&self) -> bool {
        self.cases.iter().any(|cases| cases.exercised.iter().all(|rule| rule.times == 0))
    }

    /// True if a course that failed once was seen to be mended.
    pub(crate) fn has_mended(&self) -> bool {
        self.regressions.iter().any(|one| one.state == RegressionState::Mended)
    }
}

impl CaseReport {
    /// True if it did not fail each time it was tried again.
    pub fn is_flaky(&self) -> bool {
        self.confirmed.is_some_and(|seen| seen.times < seen.of)
    }
}
