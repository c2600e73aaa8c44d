//! Rules about single calls to the vendor. Each call is judged at once and by itself.

use super::sender::is_of;
use super::{Evidence, Finding, Joined, Monitor};
use crate::history::{Event, Request, Subject, What};

/// The verdict of a rule on one call.
pub(super) enum CallVerdict {
    /// The rule does not apply to the call.
    Unconcerned,
    Passed,
    /// The call breaks the rule, for this reason.
    Failed(String),
}

impl CallVerdict {
    /// `Broken` with the reason, or `Kept` if there is none.
    pub(super) fn told(offence: Option<String>) -> Self {
        offence.map_or(Self::Passed, Self::Failed)
    }
}

/// A monitor that passes every call of the client backend to `judge`.
pub(super) fn each_call(judge: fn(&Request) -> CallVerdict) -> Box<dyn Monitor> {
    each_call_of(&[Subject::ClientBackend], None, judge)
}

/// A monitor that passes every call of these subjects to `judge`. `not_testable` is the reason why calls that keep
/// the rule prove nothing.
pub(super) fn each_call_of(
    subjects: &[Subject],
    not_testable: Option<String>,
    judge: fn(&Request) -> CallVerdict,
) -> Box<dyn Monitor> {
    let evidence = Evidence { not_testable, ..Evidence::default() };
    Box::new(EachCall { subjects: subjects.to_vec(), judge, evidence })
}

struct EachCall {
    subjects: Vec<Subject>,
    judge: fn(&Request) -> CallVerdict,
    evidence: Evidence,
}

impl Monitor for EachCall {
    fn observe(&mut self, event: &Event) {
        let What::Request(request) = &event.event else { return };
        if !is_of(&self.subjects, request) {
            return;
        }
        let counts = u64::from(self.evidence.not_testable.is_none());
        match (self.judge)(request) {
            CallVerdict::Unconcerned => {}
            CallVerdict::Passed => self.evidence.exercised += counts,
            CallVerdict::Failed(message) => {
                self.evidence.exercised += 1;
                self.evidence.findings.push(Finding::new(message, [event.seq]));
            }
        }
    }

    fn found(&self) -> Option<&[Finding]> {
        Some(&self.evidence.findings)
    }

    fn finish(self: Box<Self>, _: &Joined<'_>) -> Evidence {
        self.evidence
    }
}
