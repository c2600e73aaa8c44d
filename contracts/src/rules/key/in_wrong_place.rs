use crate::history::{Placeholder, Request, Step};
use crate::protocol::KeyKind;
use crate::rules::each_call::{CallVerdict, each_call};
use crate::rules::words;

rule! {
    /// A call to the vendor carries the server key where the vendor's contract says, and nowhere else.
    ///
    /// ### What is wrong
    /// A call that needs the server key carries it in a header or a body where the contract puts none, or carries no key
    /// where the contract asks for one, or carries it there in another form.
    ///
    /// ### Why it matters
    /// Bodies and unknown headers are logged and passed on; the header of the security scheme is the one that proxies and
    /// logs are taught to hide. A vendor that reads the key elsewhere today may refuse it tomorrow.
    ///
    /// ### How it is provoked
    /// Every call of the backend is looked at. A key in a URL, a `Referer`, a `User-Agent` or a cookie is the affair of
    /// `transport/secret-in-url`, and this rule is silent about such a call.
    ///
    /// ### What is right
    /// The key stands once, in the header and form of the contract's security scheme.
    ///
    /// ### Example
    /// ```text
    /// backend -> vendor  POST /auth
    ///                    authorization: Bearer server_key#1
    ///                    {"id": "a-1", "apiKey": "server_key#1"}      <- and in the body too
    /// ```
    {
        name: "key/in-wrong-place",
        needs: [],
        precondition: "a call of the client backend that needs the server key, and has none in a URL or another exposed place",
        on_wire: true,
        monitor: |_| each_call(judge),
    }
}

fn judge(request: &Request) -> CallVerdict {
    match guarded(request) {
        Some(step) if !is_exposed(request, step) => CallVerdict::told(offence(request, step)),
        _ => CallVerdict::Unconcerned,
    }
}

/// The step of a call for which the contract requires the server key.
fn guarded(request: &Request) -> Option<&Step> {
    let step = request.step.as_ref().filter(|step| step.wants.contains(&KeyKind::Server))?;
    request.operation.is_some().then_some(step)
}

fn offence(request: &Request, step: &Step) -> Option<String> {
    let (at_home, misplaced): (Vec<_>, Vec<_>) =
        keys(request).partition(|placeholder| words::is_key_place(&placeholder.place, step));
    let operation = words::operation(request);
    if !misplaced.is_empty() {
        return Some(format!("the client backend's call of {operation} has {}", words::placeholders(misplaced)));
    }
    if step.wants.iter().any(|kind| step.keys.contains(kind)) {
        return None;
    }
    let where_to = step.key_places.join(" or ");
    Some(match at_home.first() {
        Some(placeholder) => {
            format!(
                "the client backend's call of {operation} has {} in {where_to}, but in the wrong form",
                placeholder.label
            )
        }
        None => format!("the client backend's call of {operation} has no key in {where_to}"),
    })
}

/// Whether the key stands where another rule judges it, which makes this one silent.
fn is_exposed(request: &Request, step: &Step) -> bool {
    let is_misplaced = |placeholder: &&Placeholder| !words::is_key_place(&placeholder.place, step);
    keys(request).filter(is_misplaced).any(|placeholder| words::is_exposed(&placeholder.place))
}

fn keys(request: &Request) -> impl Iterator<Item = &Placeholder> {
    request.placeholders.iter().filter(|placeholder| placeholder.kind() == "server_key")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, body, issue, no_occasion, same_occasion};

    fn found(request: Request) -> Vec<String> {
        let mut story = Story::new();
        story.send(request);
        story.findings(&RULE).into_iter().map(|(message, _)| message).collect()
    }

    fn keyless() -> Request {
        let mut request = issue("a-1");
        request.headers.clear();
        request.step.as_mut().unwrap().keys.clear();
        request
    }

    fn sent(request: Request) -> Story {
        let mut story = Story::new();
        story.send(request);
        story
    }

    #[test]
    fn a_key_in_its_place_holds_and_the_same_call_without_one_is_found() {
        same_occasion(&RULE, &sent(issue("a-1")), &sent(keyless()));
        no_occasion(&RULE, &sent(Request { target: "/auth?key=server_key#1".to_owned(), ..issue("a-1") }));
    }

    #[test]
    fn a_key_in_a_body_or_another_header_is_found() {
        let mut request = issue("a-1");
        request.body = Some(body("{\"key\":\"server_key#1\"}"));
        request.headers.push(("x-key".to_owned(), "server_key#1".to_owned()));
        let message = "the client backend's call of issue_credential has server_key#1 in the header x-key and \
                       server_key#1 in the body";
        assert_eq!(found(request), [message]);
    }

    #[test]
    fn a_call_without_a_key_is_found() {
        assert_eq!(found(keyless()), ["the client backend's call of issue_credential has no key in authorization"]);
    }

    #[test]
    fn a_key_in_the_wrong_form_is_found() {
        let request = Request { headers: vec![("authorization".to_owned(), "server_key#1".to_owned())], ..keyless() };
        let message =
            "the client backend's call of issue_credential has server_key#1 in authorization, but in the wrong form";
        assert_eq!(found(request), [message]);
    }

    #[test]
    fn a_key_in_a_url_is_the_affair_of_another_rule() {
        let request = Request { target: "/auth?key=server_key#1".to_owned(), ..keyless() };
        assert_eq!(found(request), [""; 0]);
        let mut both = issue("a-1");
        both.headers.push(("cookie".to_owned(), "key=server_key#1".to_owned()));
        assert_eq!(found(both), [""; 0]);
    }

    #[test]
    fn a_query_is_right_where_the_contract_says_so() {
        let mut request = Request { target: "/auth?key=server_key#1".to_owned(), ..issue("a-1") };
        request.headers.clear();
        request.step.as_mut().unwrap().key_places = vec!["query".to_owned()];
        assert_eq!(found(request), [""; 0]);
    }

    #[test]
    fn calls_that_need_no_server_key_are_not_judged() {
        let mut request = keyless();
        request.step.as_mut().unwrap().wants = vec![KeyKind::Session];
        let mut story = Story::new();
        story.send(request);
        story.send(Request { operation: None, step: None, ..keyless() });
        assert_eq!(story.passed(&RULE), 0);
    }
}
