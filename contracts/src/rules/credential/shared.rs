use std::collections::{BTreeMap, BTreeSet};

use crate::history::{AppIntent, Event, Leg, Response, What};
use crate::rules::{Context, Evidence, Finding, Joined, Monitor, words};

rule! {
    /// Every hand-out has a credential of its own.
    ///
    /// ### What is wrong
    /// One credential stands in two answers to apps: because the backend keeps it for a while, because two requests at the
    /// same time share one call, or because a stock gives one out twice.
    ///
    /// ### Why it matters
    /// A credential serves once: the second app is refused. If it was another user's, the second app is that user now.
    ///
    /// ### How it is provoked
    /// Apps ask one after the other and many at once, for one user and for several.
    ///
    /// ### What is right
    /// Each answer has a credential that no other answer ever had. Getting them ahead of need is fine.
    ///
    /// ### Example
    /// ```text
    /// backend -> app     200 {"token": "credential#1"}
    /// backend -> app     200 {"token": "credential#1"}      <- the same again
    /// ```
    {
        name: "credential/shared",
        needs: [IssueCredential],
        precondition: "two answers to apps with a credential each",
        on_wire: true,
        monitor: |context| Box::new(Watch::new(context)),
    }
}

struct Watch {
    /// The open requests of the app, each with the intent of the harness.
    open: BTreeMap<u64, Option<AppIntent>>,
    /// For each credential, the answers that carry it, each with the user whose app got it.
    handed: BTreeMap<String, Vec<(u64, String)>>,
    hand_outs: u64,
    not_testable: Option<String>,
}

impl Watch {
    fn new(context: &Context<'_>) -> Self {
        let not_testable = context.lacks_call("credential");
        Self { open: BTreeMap::new(), handed: BTreeMap::new(), hand_outs: 0, not_testable }
    }

    fn response(&mut self, seq: u64, response: &Response) {
        let Some(intent) = self.open.remove(&response.exchange) else { return };
        let placeholders = response.placeholders.iter().filter(|placeholder| placeholder.kind() == "credential");
        let labels: BTreeSet<_> = placeholders.map(|placeholder| placeholder.label.clone()).collect();
        self.hand_outs += u64::from(!labels.is_empty());
        for label in labels {
            self.handed.entry(label).or_default().push((seq, words::app(intent.as_ref())));
        }
    }
}

impl Monitor for Watch {
    fn observe(&mut self, event: &Event) {
        match &event.event {
            What::Request(request) if request.leg == Leg::AppToBackend => {
                self.open.insert(request.exchange, request.intent.clone());
            }
            What::Response(response) => self.response(event.seq, response),
            _ => {}
        }
    }

    fn finish(self: Box<Self>, _: &Joined<'_>) -> Evidence {
        let shared = self.handed.iter().filter(|(_, answers)| answers.len() > 1);
        let findings = shared.map(|(label, answers)| finding(label, answers)).collect();
        // The first answer can repeat none.
        let exercised = self.hand_outs.saturating_sub(1);
        Evidence { exercised, findings, not_testable: self.not_testable, ..Evidence::default() }
    }
}

fn finding(label: &str, answers: &[(u64, String)]) -> Finding {
    let apps: BTreeSet<_> = answers.iter().map(|(_, app)| app.clone()).collect();
    let apps = words::list(&apps.into_iter().collect::<Vec<_>>());
    let message = format!("the client backend handed out {label} {} times, to {apps}", answers.len());
    Finding::new(message, answers.iter().map(|(seq, _)| *seq))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, app, handed, no_occasion, same_occasion, wish};

    fn twice(second: &str) -> Story {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        story.hand_out("alice", "a-1", second);
        story
    }

    #[test]
    fn a_credential_for_each_holds_and_the_same_for_both_is_found() {
        same_occasion(&RULE, &twice("credential#2"), &twice("credential#1"));
        assert_eq!(twice("credential#2").passed(&RULE), 1);
    }

    #[test]
    fn a_credential_that_is_handed_out_again_is_found() {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        let again = story.send(app(wish("alice")));
        story.answer(again, handed("credential#1"));
        let message = "the client backend handed out credential#1 2 times, to alice's app";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![4, 6])]);
    }

    #[test]
    fn concurrent_requests_that_get_the_same_are_found() {
        let mut story = Story::new();
        let first = story.send(app(wish("bob")));
        let second = story.send(app(wish("alice")));
        story.answer(first, handed("credential#1"));
        story.answer(second, handed("credential#1"));
        let message = "the client backend handed out credential#1 2 times, to alice's app and bob's app";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![3, 4])]);
    }

    #[test]
    fn a_single_hand_out_shows_nothing() {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        no_occasion(&RULE, &story);
    }

    #[test]
    fn a_credential_twice_in_one_answer_is_one_hand_out() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        let mut answer = handed("credential#1");
        answer.headers.push(("x-token".to_owned(), "credential#1".to_owned()));
        story.answer(asked, answer);
        assert_eq!(story.passed(&RULE), 0);
    }
}
