use std::collections::BTreeMap;

use crate::history::{AppIntent, Event, Leg, Response, What};
use crate::rules::{Context, Evidence, Finding, Joined, Monitor, words};

rule! {
    /// An answer that carries a credential forbids every cache to store it.
    ///
    /// ### What is wrong
    /// The client backend hands a credential to its app in an answer without `Cache-Control: no-store`. `no-cache` and
    /// `private` are not enough: both let a cache keep what it saw.
    ///
    /// ### Why it matters
    /// A proxy, a content network or the app's own HTTP client may keep the answer, on disk even, and give it to whoever asks
    /// next: a credential that is spent, or another user's.
    ///
    /// ### How it is provoked
    /// Every answer to an app in which a credential stands is looked at.
    ///
    /// ### What is right
    /// `Cache-Control: no-store` on every answer that has a credential, whatever other directives stand beside it.
    ///
    /// ### Example
    /// ```text
    /// backend -> app     200 {"token": "credential#1"}
    ///                    cache-control: max-age=60             <- the next one to ask may get it from a cache
    /// ```
    {
        name: "credential/cached-by-http",
        needs: [IssueCredential],
        precondition: "an answer to an app with a credential in it",
        on_wire: true,
        monitor: |context| Box::new(Watch::new(context)),
    }
}

struct Watch {
    /// The open requests of the app, each with the intent of the harness.
    open: BTreeMap<u64, Option<AppIntent>>,
    evidence: Evidence,
}

impl Watch {
    fn new(context: &Context<'_>) -> Self {
        let not_testable = context.lacks_call("credential");
        Self { open: BTreeMap::new(), evidence: Evidence { not_testable, ..Evidence::default() } }
    }

    fn response(&mut self, seq: u64, response: &Response) {
        let Some(intent) = self.open.remove(&response.exchange) else { return };
        let Some(placeholder) = response.placeholders.iter().find(|placeholder| placeholder.kind() == "credential")
        else {
            return;
        };
        self.evidence.exercised += 1;
        if !forbids_storing(response) {
            let app = words::app(intent.as_ref());
            let message = format!(
                "the client backend answered {app} with {}, and without Cache-Control: no-store",
                placeholder.label
            );
            self.evidence.findings.push(Finding::new(message, [seq]));
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

    fn found(&self) -> Option<&[Finding]> {
        Some(&self.evidence.findings)
    }

    fn finish(self: Box<Self>, _: &Joined<'_>) -> Evidence {
        self.evidence
    }
}

fn forbids_storing(response: &Response) -> bool {
    let fields = response.headers.iter().filter(|(name, _)| name == "cache-control");
    let mut directives = fields.flat_map(|(_, value)| value.split(','));
    directives.any(|directive| directive.trim().eq_ignore_ascii_case("no-store"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, app, failed, handed, no_occasion, same_occasion, wish};

    fn answered(headers: &[&str]) -> Story {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        let mut answer = handed("credential#1");
        answer.headers = headers.iter().map(|value| ("cache-control".to_owned(), (*value).to_owned())).collect();
        story.answer(asked, answer);
        story
    }

    #[test]
    fn the_same_answer_without_no_store_is_found() {
        same_occasion(&RULE, &answered(&["no-store"]), &answered(&["max-age=60"]));
    }

    #[test]
    fn an_answer_that_no_cache_may_store_holds() {
        for headers in [&["no-store"][..], &["private, No-Store"], &["private", "no-store"]] {
            assert_eq!(answered(headers).passed(&RULE), 1, "{headers:?}");
        }
    }

    #[test]
    fn an_answer_that_a_cache_may_store_is_found() {
        let message = "the client backend answered alice's app with credential#1, and without Cache-Control: no-store";
        for headers in [&[][..], &["no-cache"], &["private, max-age=0"]] {
            assert_eq!(answered(headers).findings(&RULE), [(message.to_owned(), vec![2])], "{headers:?}");
        }
    }

    #[test]
    fn an_answer_without_a_credential_may_be_stored() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.answer(asked, failed(503, "later"));
        no_occasion(&RULE, &story);
    }

    #[test]
    fn without_an_app_that_asks_for_credentials_it_is_not_testable() {
        let story = Story::of(&["call:read_back"]);
        let evidence = story.evidence(&RULE);
        assert_eq!(evidence.not_testable.as_deref(), Some("the configuration gives no [calls.credential]"));
    }
}
