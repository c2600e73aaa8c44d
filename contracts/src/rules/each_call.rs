//! Rules about single calls to the vendor: each is judged as it is seen, and by itself.

use super::sender::is_of;
use super::{Evidence, Finding, Joined, Monitor};
use crate::history::{Event, Request, Subject, What};

/// What a rule makes of one call.
pub(super) enum CallVerdict {
    /// The rule has nothing to do with it.
    Unconcerned,
    Kept,
    /// It breaks the rule, as this sentence says.
    Broken(String),
}

impl CallVerdict {
    /// Broken if there is something to tell, else kept.
    pub(super) fn told(offence: Option<String>) -> Self {
        offence.map_or(Self::Kept, Self::Broken)
    }
}

/// A monitor that puts every call of the client backend to `judge`.
pub(super) fn each_call(judge: fn(&Request) -> CallVerdict) -> Box<dyn Monitor> {
    each_call_of(&[Subject::ClientBackend], None, judge)
}

/// The same for the calls of these subjects; `not_testable` says why a call that keeps the rule proves nothing here, if that is
/// so.
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
            CallVerdict::Kept => self.evidence.exercised += counts,
            CallVerdict::Broken(message) => {
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
