use std::collections::BTreeMap;

use crate::history::{AppIntent, Event, Leg, Placeholder, Request, Response, Subject, What};
use crate::rules::sender::{caller, sender};
use crate::rules::{Context, Evidence, Finding, Joined, Monitor, words};

rule! {
    /// The server key never leaves the client backend but for the vendor.
    ///
    /// ### What is wrong
    /// The value of the server key stands in an answer to the app, or in a call that an SDK makes: in a body, a header or a
    /// URL, as it is or in base64, percent-encoded or compressed.
    ///
    /// ### Why it matters
    /// Whoever holds the server key can get a credential for every user. What an app holds, its owner can read, and so can
    /// anybody who takes the app apart.
    ///
    /// ### How it is provoked
    /// Standin makes up a key for each run, hands it to the backend, and looks for it in all that is said elsewhere.
    /// Answers to the app count once the backend has used the key, since before that it may not have read it. No app hands the
    /// key to an SDK: one that has it was shipped with it, and each of its calls is searched.
    ///
    /// ### What is right
    /// The backend calls the vendor itself, and gives its app nothing but the credential that it got.
    ///
    /// ### Example
    /// ```text
    /// app -> backend     POST /credential
    /// backend -> app     200 {"token": "credential#1", "apiKey": "server_key#1"}      <- the key reaches the app
    /// ```
    {
        name: "key/outside-server-leg",
        subjects: [ClientBackend, Sdk],
        needs: [],
        precondition: "an answer to the app after the backend sent its key to the vendor, or a call of the SDK",
        on_wire: true,
        monitor: |context| Box::new(Watch::new(context)),
    }
}

struct Watch {
    /// Whether an SDK is under test.
    of_sdk: bool,
    of_backend: bool,
    /// The open requests that are not calls of the backend, each with its place, its leg and its intent.
    others: BTreeMap<u64, (u64, Leg, Option<AppIntent>)>,
    key_sent: bool,
    evidence: Evidence,
}

impl Watch {
    fn new(context: &Context<'_>) -> Self {
        let of_sdk = context.subjects.contains(&Subject::Sdk);
        let not_testable = context.lacks_app().filter(|_| !of_sdk);
        Self {
            of_sdk,
            of_backend: context.subjects.contains(&Subject::ClientBackend),
            others: BTreeMap::new(),
            key_sent: false,
            evidence: Evidence { not_testable, ..Evidence::default() },
        }
    }

    fn request(&mut self, seq: u64, request: &Request) {
        let mut keys = keys(&request.placeholders).peekable();
        if sender(request) == Some(Subject::ClientBackend) {
            self.key_sent |= keys.peek().is_some();
            return;
        }
        // Another rule judges what is sent after a redirect.
        if request.leg == Leg::BackendToOtherOrigin {
            return;
        }
        self.others.insert(request.exchange, (seq, request.leg, request.intent.clone()));
        let is_sdk = sender(request) == Some(Subject::Sdk);
        self.evidence.exercised += u64::from(self.of_sdk && is_sdk);
        if keys.peek().is_some() {
            let who = if is_sdk { caller(request) } else { words::app(request.intent.as_ref()) };
            self.evidence.findings.push(Finding::new(format!("{who} sent {}", words::placeholders(keys)), [seq]));
        }
    }

    fn response(&mut self, seq: u64, response: &Response) {
        let Some((asked, leg, intent)) = self.others.remove(&response.exchange) else { return };
        self.evidence.exercised += u64::from(self.of_backend && leg == Leg::AppToBackend && self.key_sent);
        let mut keys = keys(&response.placeholders).peekable();
        if keys.peek().is_some() {
            let whose = match leg {
                Leg::AppToBackend => format!("the client backend's answer to {}", words::app(intent.as_ref())),
                _ => "the answer to the SDK".to_owned(),
            };
            let message = format!("{whose} holds {}", words::placeholders(keys));
            self.evidence.findings.push(Finding::new(message, [asked, seq]));
        }
    }
}

impl Monitor for Watch {
    fn observe(&mut self, event: &Event) {
        match &event.event {
            What::Request(request) => self.request(event.seq, request),
            What::Response(response) => self.response(event.seq, response),
            _ => {}
        }
    }

    fn found(&self) -> Option<&[Finding]> {
        Some(&self.evidence.findings)
    }

    fn finish(self: Box<Self>, _: &Joined<'_>) -> Evidence {
        self.evidence
    }
}

fn keys(placeholders: &[Placeholder]) -> impl Iterator<Item = &Placeholder> {
    placeholders.iter().filter(|placeholder| placeholder.kind() == "server_key")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{
        Story, app, body, create, handed, issue, issued, no_occasion, request, same_occasion, wish,
    };

    /// A backend that called the vendor with its key, and the answer that its app gets.
    fn answered(answer: Response) -> Story {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.call(issue("a-1"), issued("credential#1"));
        story.answer(asked, answer);
        story
    }

    #[test]
    fn a_backend_that_keeps_its_key_holds_and_the_same_answer_with_the_key_is_found() {
        same_occasion(&RULE, &answered(handed("credential#1")), &answered(handed("server_key#1")));
        let of_an_sdk = answered(handed("credential#1")).evidence_about(&RULE, &[Subject::Sdk]);
        assert_eq!(of_an_sdk.exercised, 0, "the backend is not under test");
    }

    #[test]
    fn the_same_call_of_an_sdk_convicts() {
        let called = |body: crate::history::Body| {
            let mut story = Story::new();
            story.send(Request { body: Some(body), ..create("phone", "credential#1") });
            story
        };
        same_occasion(&RULE, &called(body("credential#1")), &called(body("server_key#1")));
    }

    #[test]
    fn a_key_in_an_answer_to_the_app_is_found() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.call(issue("a-1"), issued("credential#1"));
        let mut leak = handed("credential#1");
        leak.headers.push(("x-debug".to_owned(), "server_key#1".to_owned()));
        story.answer(asked, leak);
        let message = "the client backend's answer to alice's app holds server_key#1 in the header x-debug";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 4])]);
    }

    #[test]
    fn a_key_in_a_call_of_the_sdk_is_found() {
        let mut story = Story::new();
        story.send(Request { body: Some(body("server_key#1")), ..request(Leg::SdkToVendor, "/users") });
        assert_eq!(story.findings(&RULE), [("the SDK sent server_key#1 in the body".to_owned(), vec![1])]);
    }

    #[test]
    fn each_call_of_an_sdk_under_test_counts_and_a_key_that_it_calls_with_is_found() {
        let mut story = Story::new();
        story.send(create("phone", "credential#1"));
        assert_eq!(story.passed(&RULE), 1);
        assert_eq!(story.evidence_about(&RULE, &[Subject::ClientBackend]).exercised, 0);
        story.send(Request { install: Some("phone".to_owned()), ..issue("a-1") });
        let message = "the SDK of phone sent server_key#1 in the header authorization";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![2])]);
    }

    #[test]
    fn an_answer_before_the_key_was_used_shows_nothing() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.answer(asked, handed("credential#1"));
        no_occasion(&RULE, &story);
    }
}
