use crate::history::{Leg, Request};
use crate::rules::timelines::over_installs;
use crate::rules::{Evidence, Finding, Joined, words};

rule! {
    /// Every request of an SDK says which SDK it is, and of what type its body is.
    ///
    /// ### What is wrong
    /// A request of the SDK had no `User-Agent` with a product and its version, or a body without a `Content-Type`.
    ///
    /// ### Why it matters
    /// SDKs live in apps for years. When one version goes wrong, the vendor can stop that version, warn its users or bear with
    /// it only if it can tell it from the others.
    ///
    /// ### How it is provoked
    /// Every request of the SDK.
    ///
    /// ### What is right
    /// `User-Agent: acme-sdk/1.4.2`, with more behind it if need be, and the type that the vendor's contract gives for the
    /// body.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/users
    ///                    user-agent: okhttp                             <- of what?
    /// ```
    {
        name: "transport/unidentified",
        subjects: [Sdk],
        needs: [],
        precondition: "a request of the SDK to the vendor",
        on_wire: true,
        monitor: |_| over_installs(None, judge),
    }
}

fn judge(joined: &Joined<'_>) -> Evidence {
    let mut evidence = Evidence::default();
    let mut told: Vec<(&str, String)> = Vec::new();
    for exchange in joined.exchanges().iter().copied().filter(|exchange| exchange.request.leg == Leg::SdkToVendor) {
        evidence.exercised += 1;
        let called = words::operation(&exchange.request);
        for lack in lacks(&exchange.request) {
            // Each kind of request is reported once: the next one comes from the same line of code.
            if !told.iter().any(|(other, on)| *other == lack && *on == called) {
                told.push((lack, called.clone()));
                evidence
                    .findings
                    .push(Finding::new(format!("the SDK sent {called} without {lack}"), [exchange.opened]));
            }
        }
    }
    evidence
}

fn lacks(request: &Request) -> impl Iterator<Item = &'static str> {
    let header = |wanted: &str| request.headers.iter().find(|(name, _)| name == wanted).map(|(_, text)| text.trim());
    let nameless = !header("user-agent").is_some_and(is_product);
    let has_body = request.body.as_ref().is_some_and(|body| body.bytes > 0);
    let typeless = has_body && header("content-type").is_none_or(str::is_empty);
    let nameless = nameless.then_some("a User-Agent that names a product and its version");
    nameless.into_iter().chain(typeless.then_some("a Content-Type for its body"))
}

/// Whether the text begins with `product/version`.
fn is_product(text: &str) -> bool {
    let first = text.split_whitespace().next().and_then(|word| word.split_once('/'));
    first.is_some_and(|(product, version)| !product.is_empty() && version.chars().any(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, create, no_occasion, request, response, same_occasion, signed_in};

    fn story(headers: &[(&str, &str)]) -> Story {
        let mut story = Story::new();
        let headers = headers.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        story.call(Request { headers, ..create("phone", "credential#1") }, signed_in("5a18", "session#1"));
        story
    }

    #[test]
    fn a_product_with_its_version_and_a_type_hold() {
        for agent in ["acme-sdk/1.4.2", "acme/2 (iPhone; iOS 18) lib/1"] {
            assert_eq!(story(&[("user-agent", agent), ("content-type", "application/json")]).passed(&RULE), 1);
        }
    }

    #[test]
    fn the_same_request_without_a_name_is_found() {
        let right = story(&[("user-agent", "acme-sdk/1.4.2"), ("content-type", "application/json")]);
        same_occasion(&RULE, &right, &story(&[("content-type", "application/json")]));
        no_occasion(&RULE, &Story::new());
    }

    #[test]
    fn no_agent_or_one_without_a_version_is_found() {
        let message = "the SDK sent create_user without a User-Agent that names a product and its version";
        for agent in ["", "okhttp", "/1.0", "acme/beta"] {
            let story = story(&[("user-agent", agent), ("content-type", "application/json")]);
            assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1])]);
        }
    }

    #[test]
    fn a_body_without_a_type_is_found_and_no_body_needs_none() {
        let message = "the SDK sent create_user without a Content-Type for its body";
        assert_eq!(story(&[("user-agent", "acme/1")]).findings(&RULE), [(message.to_owned(), vec![1])]);
        let mut empty = Story::new();
        let headers = vec![("user-agent".to_owned(), "acme/1".to_owned())];
        empty.call(Request { headers, ..request(Leg::SdkToVendor, "/sdk/session") }, response(200));
        assert_eq!(empty.passed(&RULE), 1);
    }

    #[test]
    fn one_kind_of_request_is_told_of_once_and_other_legs_are_not_judged() {
        let mut story = story(&[("content-type", "application/json")]);
        story.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
        story.call(request(Leg::BackendToVendor, "/auth"), response(200));
        assert_eq!(story.findings(&RULE).len(), 2);
    }
}
