use std::collections::BTreeSet;

use crate::history::{Leg, Request};
use crate::protocol::Field;
use crate::rules::timelines::{InstallTimeline, carried, over_installs};
use crate::rules::tracker::{Exchange, credentials};
use crate::rules::{Evidence, Finding, Joined, words};

rule! {
    /// The SDK does not tell the vendor under which id the client knows its user.
    ///
    /// ### What is wrong
    /// A request of the SDK held the very id that the client backend had named to the vendor for its user.
    ///
    /// ### Why it matters
    /// An app can be made to say anything. Where the vendor takes a user's id from the app, whoever guesses an id is that
    /// user; that is why the backend names the user, and the app gets a credential.
    ///
    /// ### How it is provoked
    /// Users sign in whose ids the client backend named before. It applies to vendors whose text says that the SDK takes no
    /// such id.
    ///
    /// ### What is right
    /// The SDK sends the credential, and learns who it is from the answer.
    ///
    /// ### Example
    /// ```text
    /// backend -> vendor  POST /users/auth-code  {"external_id": "a-1"}
    /// sdk -> vendor      POST /sdk/users  {"code": "credential#1", "user": "a-1"}
    /// ```
    {
        name: "user/id-sent-by-sdk",
        subjects: [Sdk],
        needs: [IssueCredential],
        precondition: "a request of an install with or after the credential that the vendor issued for an id of the client",
        on_wire: true,
        monitor: |_| over_installs(None, judge),
    }
}

/// The shortest id, in bytes, that is searched for. A shorter one may occur in a text by chance.
const SHORTEST: usize = 3;

fn judge(joined: &Joined<'_>) -> Evidence {
    let mut evidence = Evidence::default();
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    for exchange in joined.exchanges() {
        let request = &exchange.request;
        match request.leg {
            Leg::BackendToVendor => {
                let id = request.step.as_ref().and_then(|step| step.text(&Field::ExternalId));
                ids.extend(id.filter(|id| id.len() >= SHORTEST));
            }
            Leg::SdkToVendor if !ids.is_empty() => {
                if let Some(id) = ids.iter().find(|id| holds(request, id)) {
                    let message = format!(
                        "the SDK sent `{id}` with {}: the client's own id of a user",
                        words::operation(request)
                    );
                    evidence.findings.push(Finding::new(message, [exchange.opened]));
                }
            }
            _ => {}
        }
    }
    let named = named(joined);
    evidence.exercised = joined.timelines().iter().map(|timeline| told(timeline, &named)).sum();
    evidence
}

/// The credentials that the vendor issued for an id of the client that would be recognised.
fn named<'l>(joined: &Joined<'l>) -> BTreeSet<&'l str> {
    let has_id = |exchange: &&&'l Exchange| {
        let id = exchange.request.step.as_ref().and_then(|step| step.text(&Field::ExternalId));
        exchange.request.leg == Leg::BackendToVendor && id.is_some_and(|id| id.len() >= SHORTEST)
    };
    joined.exchanges().iter().filter(has_id).flat_map(|exchange| credentials(exchange)).collect()
}

/// The number of requests by an install since it had one of these credentials. Before, its SDK can't know whose it is.
fn told(timeline: &InstallTimeline<'_>, named: &BTreeSet<&str>) -> u64 {
    let is_named = |exchange: &&Exchange| carried(exchange, "credential").any(|label| named.contains(label));
    let since = timeline.spoke.iter().copied().find(is_named).map_or(u64::MAX, |exchange| exchange.opened);
    timeline.spoke.iter().filter(|one| one.opened >= since && one.request.leg == Leg::SdkToVendor).count() as u64
}

fn holds(request: &Request, id: &str) -> bool {
    let headers = request.headers.iter().map(|(_, text)| text.as_str());
    let body = request.body.iter().map(|body| body.text.as_str());
    let mut texts = headers.chain(body).chain([request.target.as_str()]);
    texts.any(|text| words::names(text, id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::CommandName;
    use crate::rules::testing::{Story, create, issue, issued, no_occasion, same_occasion, sdk, signed_in};

    fn story(request: Request) -> Story {
        let mut story = Story::new();
        story.call(issue("a-1"), issued("credential#1"));
        story.call(request, signed_in("5a18", "session#1"));
        story
    }

    #[test]
    fn a_credential_alone_holds() {
        let right = story(create("phone", "credential#1"));
        let with_id = json!({"credential": "credential#1", "user": "a-1"});
        same_occasion(&RULE, &right, &story(sdk("phone", CommandName::CreateUser, None, with_id)));
        no_occasion(&RULE, &story(create("phone", "credential#2")));
    }

    #[test]
    fn the_clients_id_in_a_body_url_or_header_is_found() {
        let message = "the SDK sent `a-1` with create_user: the client's own id of a user";
        let body = sdk("phone", CommandName::CreateUser, None, json!({"credential": "credential#1", "user": "a-1"}));
        let url = Request { target: "/sdk/users?user=a-1".to_owned(), ..create("phone", "credential#1") };
        let header =
            Request { headers: vec![("x-user".to_owned(), "a-1".to_owned())], ..create("phone", "credential#1") };
        for request in [body, url, header] {
            assert_eq!(story(request).findings(&RULE), [(message.to_owned(), vec![3])]);
        }
    }

    #[test]
    fn a_longer_word_and_an_id_that_nobody_named_are_not_it() {
        let longer =
            sdk("phone", CommandName::CreateUser, None, json!({"credential": "credential#1", "device": "a-12"}));
        assert_eq!(story(longer).passed(&RULE), 1);
        let mut alone = Story::new();
        alone.call(sdk("phone", CommandName::CreateUser, None, json!({"user": "a-1"})), signed_in("5a18", "session#1"));
        no_occasion(&RULE, &alone);
    }
}
