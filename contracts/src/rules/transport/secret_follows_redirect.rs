use std::collections::BTreeMap;

use crate::history::{Event, Fate, Leg, Placeholder, Request, Response, Subject, What};
use crate::rules::sender::{caller, is_of};
use crate::rules::{Evidence, Finding, Joined, Monitor, words};

rule! {
    /// After a redirect to another origin, neither a secret nor a body is sent there.
    ///
    /// ### What is wrong
    /// The vendor answered with a redirect to another origin, and the client backend or the SDK sent a request there that
    /// carries a key, a credential, another secret, or a body.
    ///
    /// ### Why it matters
    /// Whoever can make the vendor's host redirect, by a forgotten name or a hijacked answer, gets the server key of everybody
    /// who follows. Many HTTP clients follow by default, and most that drop `Authorization` on the way keep every other header,
    /// such as `x-api-key`; 307 and 308 send the body along.
    ///
    /// ### How it is provoked
    /// The vendor answers 301, 302, 303, 307 and 308, each with a `Location` on another port. What arrives there is recorded.
    ///
    /// ### What is right
    /// Whoever calls a vendor's API follows no redirect. Following without secret and body is allowed, and useless.
    ///
    /// ### Example
    /// ```text
    /// backend -> vendor        POST /auth  x-api-key: server_key#1
    /// vendor -> backend        307  location: https://elsewhere.example/
    /// backend -> other origin  POST /      x-api-key: server_key#1            <- wrong
    /// ```
    {
        name: "transport/secret-follows-redirect",
        subjects: [ClientBackend, Sdk],
        needs: [],
        precondition: "a redirect to another origin",
        on_wire: true,
        monitor: |context| Box::new(Watch { subjects: context.subjects.to_vec(), ..Watch::default() }),
    }
}

/// The kinds of placeholders that are personal and not secret.
const PERSONAL: [&str; 3] = ["email", "phone", "name"];

#[derive(Default)]
struct Watch {
    subjects: Vec<Subject>,
    /// The open calls to the vendor, each with its caller and the host that it called.
    calls: BTreeMap<u64, (String, Option<String>)>,
    /// The last redirect that was sent: its place, and the caller who got it.
    redirect: Option<(u64, String)>,
    evidence: Evidence,
}

impl Watch {
    fn request(&mut self, seq: u64, request: &Request) {
        if request.leg == Leg::BackendToOtherOrigin {
            self.arrived(seq, request);
        } else if is_of(&self.subjects, request) {
            let host = header(&request.headers, "host").map(str::to_owned);
            self.calls.insert(request.exchange, (caller(request), host));
        }
    }

    fn response(&mut self, seq: u64, response: &Response) {
        let Some((caller, host)) = self.calls.remove(&response.exchange) else { return };
        let leads =
            header(&response.headers, "location").and_then(authority).is_some_and(|to| host.as_deref() != Some(to));
        if leads && response.fate == Fate::Delivered && matches!(response.status, 301 | 302 | 303 | 307 | 308) {
            self.evidence.exercised += 1;
            self.redirect = Some((seq, caller));
        }
    }

    fn arrived(&mut self, seq: u64, request: &Request) {
        let secrets: Vec<&Placeholder> =
            request.placeholders.iter().filter(|placeholder| !PERSONAL.contains(&placeholder.kind())).collect();
        let carried = match (secrets.is_empty(), &request.body) {
            (true, None) => return,
            (true, Some(_)) => "a body".to_owned(),
            (false, _) => words::placeholders(secrets),
        };
        let Some((redirect, caller)) = &self.redirect else { return };
        let message = format!("{caller} followed a redirect to another origin, and sent {carried} there");
        self.evidence.findings.push(Finding::new(message, [*redirect, seq]));
    }
}

fn header<'h>(headers: &'h [(String, String)], wanted: &str) -> Option<&'h str> {
    headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
}

/// The host and port of an absolute URL.
fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', '?', '#']).next()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, body, issue, no_occasion, request, response, same_occasion, submit};

    fn to(url: &str) -> Response {
        Response { headers: vec![("location".to_owned(), url.to_owned())], ..response(307) }
    }

    fn redirected(url: &str) -> Story {
        let mut call = issue("a-1");
        call.headers.push(("host".to_owned(), "vendor:80".to_owned()));
        let mut story = Story::new();
        story.call(call, to(url));
        story
    }

    fn follow(story: &mut Story, followed: Request) {
        story.call(Request { leg: Leg::BackendToOtherOrigin, ..followed }, response(404));
    }

    #[test]
    fn who_does_not_follow_or_submits_nothing_keeps_the_rule() {
        let mut story = redirected("http://elsewhere:80/");
        assert_eq!(story.passed(&RULE), 1);
        follow(&mut story, request(Leg::BackendToOtherOrigin, "/"));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_secret_that_is_taken_along_is_found() {
        let mut story = redirected("http://elsewhere:80/");
        follow(&mut story, Request { body: None, ..issue("a-1") });
        same_occasion(&RULE, &redirected("http://elsewhere:80/"), &story);
        let message = "the client backend followed a redirect to another origin, and sent server_key#1 in the header \
                       authorization there";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![2, 3])]);
    }

    #[test]
    fn a_body_that_is_taken_along_is_found() {
        let mut story = redirected("http://elsewhere:80/");
        follow(&mut story, Request { body: Some(body("{}")), ..request(Leg::BackendToOtherOrigin, "/") });
        let message = "the client backend followed a redirect to another origin, and sent a body there";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![2, 3])]);
    }

    #[test]
    fn an_sdk_that_takes_its_body_along_is_found() {
        let mut story = Story::new();
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), to("http://elsewhere:80/"));
        assert_eq!(story.passed(&RULE), 1);
        follow(&mut story, Request { headers: Vec::new(), ..submit("phone", "session#1", "b-1", &["i-1"]) });
        let message = "the SDK of phone followed a redirect to another origin, and sent a body there";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![2, 3])]);
    }

    #[test]
    fn a_redirect_within_the_vendors_own_origin_tests_nothing() {
        no_occasion(&RULE, &redirected("http://vendor:80/v2"));
        no_occasion(&RULE, &redirected("/v2"));
    }
}
