use std::collections::BTreeMap;

use crate::history::{AppIntent, Event, Leg, MessagePart, Placeholder, Request, Response, Subject, What};
use crate::rules::sender::{caller, is_of, sender};
use crate::rules::{Evidence, Finding, Joined, Monitor, words};

rule! {
    /// No secret stands in a URL, a `Referer`, a `User-Agent` or a cookie.
    ///
    /// ### What is wrong
    /// A server key, client key, credential or session stands in the path or query of a request, or in one of the headers
    /// that travel on by themselves, or in the `Location` of an answer to the app. Where the vendor's contract itself puts
    /// keys into the query, that is no offence of the client's.
    ///
    /// ### Why it matters
    /// URLs are written to access logs, kept by proxies and passed on as `Referer`. A secret in one is soon read by people
    /// who were never meant to have it.
    ///
    /// ### How it is provoked
    /// Every call to the vendor is looked at, and every answer to the app. The requests that Standin makes as the app are
    /// exempt. A server key on a way where it has no business at all is the affair of `key/outside-server-leg`.
    ///
    /// ### What is right
    /// Keys travel in the header that the contract names, credentials in bodies.
    ///
    /// ### Example
    /// ```text
    /// backend -> vendor  POST /auth?key=server_key#1      <- every log on the way has the key now
    /// ```
    {
        name: "transport/secret-in-url",
        subjects: [ClientBackend, Sdk],
        needs: [],
        precondition: "a call to the vendor with a secret that has no business in its URL",
        on_wire: true,
        blind_without: [("sdk:sync_now", "requests in a session")],
        monitor: |context| Box::new(Watch { subjects: context.subjects.to_vec(), ..Watch::default() }),
    }
}

const SECRETS: &[&str] = &["server_key", "client_key", "credential", "session", "server_hash"];

/// The kinds of secrets whose place a contract's security scheme may set.
const KEYS: &[&str] = &["server_key", "client_key", "session"];

#[derive(Default)]
struct Watch {
    subjects: Vec<Subject>,
    /// The open requests of the app, each with its place and its intent.
    app: BTreeMap<u64, (u64, Option<AppIntent>)>,
    evidence: Evidence,
}

impl Watch {
    fn request(&mut self, seq: u64, request: &Request) {
        if request.leg == Leg::AppToBackend {
            self.app.insert(request.exchange, (seq, request.intent.clone()));
        }
        // Another rule judges what is sent after a redirect. Requests to the backend are not its own.
        if sender(request).is_none() {
            return;
        }
        let has_secret = request.placeholders.iter().any(|placeholder| has_no_business(placeholder, request));
        self.evidence.exercised += u64::from(has_secret && is_of(&self.subjects, request));
        let exposed: Vec<_> =
            request.placeholders.iter().filter(|placeholder| is_offence(placeholder, request)).collect();
        if !exposed.is_empty() {
            let (who, called) = (caller(request), words::operation(request));
            let message = format!("{who}'s call of {called} has {}", words::placeholders(exposed));
            self.evidence.findings.push(Finding::new(message, [seq]));
        }
    }

    fn response(&mut self, seq: u64, response: &Response) {
        let Some((asked, intent)) = self.app.remove(&response.exchange) else { return };
        let exposed: Vec<_> = response.placeholders.iter().filter(|placeholder| is_in_location(placeholder)).collect();
        if !exposed.is_empty() {
            let app = words::app(intent.as_ref());
            let message = format!("the client backend's answer to {app} has {}", words::placeholders(exposed));
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

fn is_offence(placeholder: &Placeholder, request: &Request) -> bool {
    has_no_business(placeholder, request) && words::is_exposed(&placeholder.place)
}

/// Whether it is a secret that this rule would find in an exposed place.
fn has_no_business(placeholder: &Placeholder, request: &Request) -> bool {
    let by_contract = KEYS.contains(&placeholder.kind())
        && words::is_exposed(&placeholder.place)
        && request.step.as_ref().is_some_and(|step| words::is_key_place(&placeholder.place, step));
    let misplaced = placeholder.kind() == "server_key" && request.leg != Leg::BackendToVendor;
    SECRETS.contains(&placeholder.kind()) && !by_contract && !misplaced
}

fn is_in_location(placeholder: &Placeholder) -> bool {
    let location = matches!(&placeholder.place, MessagePart::Header(name) if name == "location");
    location && SECRETS.contains(&placeholder.kind()) && placeholder.kind() != "server_key"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{
        Story, app, create, issue, no_occasion, request, response, same_occasion, submit, wish,
    };

    fn found(request: Request) -> Vec<String> {
        let mut story = Story::new();
        story.send(request);
        story.findings(&RULE).into_iter().map(|(message, _)| message).collect()
    }

    #[test]
    fn secrets_in_headers_and_bodies_hold() {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn an_sdks_calls_count_where_it_is_under_test() {
        let mut story = Story::new();
        story.send(create("phone", "credential#1"));
        assert_eq!(story.passed(&RULE), 1);
        assert_eq!(story.evidence_about(&RULE, &[Subject::ClientBackend]).exercised, 0);
    }

    #[test]
    fn the_same_call_with_its_secret_in_the_url_is_found() {
        let called = |request: Request| {
            let mut story = Story::new();
            story.send(request);
            story
        };
        let with_key = || Request { target: "/auth?key=server_key#1".to_owned(), ..issue("a-1") };
        same_occasion(&RULE, &called(issue("a-1")), &called(with_key()));
        no_occasion(&RULE, &called(request(Leg::SdkToVendor, "/sdk/config")));
        let mut by_contract = Request { headers: Vec::new(), ..with_key() };
        by_contract.step.as_mut().unwrap().key_places = vec!["query".to_owned()];
        no_occasion(&RULE, &called(by_contract));
    }

    #[test]
    fn a_key_in_a_url_is_found() {
        let request = Request { target: "/auth?key=server_key#1".to_owned(), ..issue("a-1") };
        assert_eq!(found(request), ["the client backend's call of issue_credential has server_key#1 in the URL"]);
    }

    #[test]
    fn a_secret_in_a_header_that_travels_on_is_found() {
        for name in ["referer", "user-agent", "cookie"] {
            let mut request = issue("a-1");
            request.headers.push((name.to_owned(), "x=credential#7".to_owned()));
            assert_eq!(found(request).len(), 1, "{name}");
        }
        let sdk =
            Request { target: "/sdk/batches?token=session#1".to_owned(), ..submit("phone", "session#1", "b-1", &[]) };
        assert_eq!(found(sdk), ["the SDK of phone's call of submit_batch has session#1 in the URL"]);
        let sdk = request(Leg::SdkToVendor, "/sync?token=session#1");
        assert_eq!(found(sdk), ["the SDK's call of POST /sync?token=session#1 has session#1 in the URL"]);
    }

    #[test]
    fn a_redirect_of_the_app_to_a_secret_is_found() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        let mut redirect = response(302);
        redirect.headers.push(("location".to_owned(), "app://in?t=credential#1".to_owned()));
        story.answer(asked, redirect);
        let message = "the client backend's answer to alice's app has credential#1 in the header location";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 2])]);
    }

    #[test]
    fn a_key_in_the_query_is_right_where_the_contract_puts_it_there() {
        let mut request = Request { target: "/auth?key=server_key#1".to_owned(), ..issue("a-1") };
        request.step.as_mut().unwrap().key_places = vec!["query".to_owned()];
        assert_eq!(found(request), [""; 0]);
    }

    #[test]
    fn what_the_harness_sends_as_the_app_is_exempt() {
        let mut story = Story::new();
        story.send(Request { target: "/in?token=session#1".to_owned(), ..app(wish("alice")) });
        assert_eq!(story.passed(&RULE), 0);
    }
}
