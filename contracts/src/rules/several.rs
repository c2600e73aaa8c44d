//! Rules that several subjects can break, each in its own way.

use super::{Context, Evidence, Finding, Joined, Monitor};
use crate::history::{Event, Subject};

/// Creates the monitor for one subject.
pub(super) type Part = fn(&Context<'_>) -> Box<dyn Monitor>;

/// A monitor that judges each subject under test with its own part.
pub(super) fn each_subject(context: &Context<'_>, parts: &[(Subject, Part)]) -> Box<dyn Monitor> {
    let parts = parts.iter().filter(|(subject, _)| context.subjects.contains(subject));
    let mut parts: Vec<_> = parts.map(|(_, part)| part(context)).collect();
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => Box::new(Several(parts.into_iter().chain(last).collect())),
    }
}

struct Several(Vec<Box<dyn Monitor>>);

impl Monitor for Several {
    fn observe(&mut self, event: &Event) {
        self.0.iter_mut().for_each(|part| part.observe(event));
    }

    fn finish(self: Box<Self>, joined: &Joined<'_>) -> Evidence {
        let mut parts: Vec<Evidence> = self.0.into_iter().map(|part| part.finish(joined)).collect();
        let is_testable = parts.iter().any(|part| part.not_testable.is_none());
        let mut reasons = parts.iter_mut().filter_map(|part| part.not_testable.take());
        let not_testable = if is_testable { None } else { reasons.next() };
        let mut not_seen: Vec<String> = reasons.collect();
        let exercised = parts.iter().map(|part| part.exercised).sum();
        let mut undecided = None;
        let mut findings: Vec<Finding> = Vec::new();
        for part in parts {
            undecided = undecided.or(part.undecided);
            findings.extend(part.findings);
            not_seen.extend(part.not_seen);
        }
        Evidence { exercised, findings, not_testable, undecided, not_seen }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::apps::not_testable;
    use crate::rules::testing::Story;

    struct Finds(&'static str);

    impl Monitor for Finds {
        fn finish(self: Box<Self>, _: &Joined<'_>) -> Evidence {
            Evidence { exercised: 1, findings: vec![Finding::new(self.0, [1])], ..Evidence::default() }
        }
    }

    const PARTS: &[(Subject, Part)] = &[
        (Subject::Sdk, |_| Box::new(Finds("by the SDK"))),
        (Subject::App, |_| Box::new(Finds("by the app"))),
        (Subject::ClientBackend, |_| not_testable("nobody knows".to_owned())),
    ];

    fn found(subjects: &[Subject]) -> (u64, Vec<String>, Option<String>) {
        let context = Context { users: &[], capabilities: &[], subjects, contract: None };
        let Evidence { exercised, findings, not_testable, .. } = Story::new().seen_by(each_subject(&context, PARTS));
        (exercised, findings.into_iter().map(|finding| finding.message).collect(), not_testable)
    }

    #[test]
    fn only_those_under_test_are_judged() {
        assert_eq!(found(&[Subject::App]), (1, vec!["by the app".to_owned()], None));
        let both = vec!["by the SDK".to_owned(), "by the app".to_owned()];
        assert_eq!(found(&[Subject::Sdk, Subject::App]), (2, both, None));
    }

    #[test]
    fn what_one_subject_can_put_to_the_test_is_testable() {
        assert_eq!(found(&[Subject::ClientBackend]).2.as_deref(), Some("nobody knows"));
        assert_eq!(found(&[Subject::ClientBackend, Subject::App]).2, None);
    }
}
