use serde_json::Value;

use crate::history::Response;
use crate::protocol::{Field, ReplyName};
use crate::rules::at_the_end::at_the_end;
use crate::rules::tracker::{AppRequest, Exchange, credentials};
use crate::rules::{Evidence, Finding, words};

rule! {
    /// When the vendor refuses or fails, the app learns that the call failed, and nothing of what the vendor said.
    ///
    /// ### What is wrong
    /// The answer to the app repeats the vendor's refusal as a whole, or the id that the vendor gave that one exchange; or
    /// it claims success and hands out as a credential something that no vendor issued.
    ///
    /// ### Why it matters
    /// How a vendor words a refusal tells an outsider which key is bad, and how. An app that takes an error for a credential
    /// fails later, in the SDK, where nobody can tell why.
    ///
    /// ### How it is provoked
    /// The vendor refuses the key, throttles or fails while an app waits; each refusal has an exchange id of its own, which
    /// is looked for in what the app then gets.
    ///
    /// ### What is right
    /// An error status of the backend's own, with the backend's own words.
    ///
    /// ### Example
    /// ```text
    /// app -> backend     POST /credential
    /// backend -> vendor  POST /auth
    /// vendor -> backend  401 {"errorCode": 4, "requestId": "4711"}
    /// backend -> app     200 {"token": "{\"errorCode\": 4, \"requestId\": \"4711\"}"}      <- the refusal as a token
    /// ```
    {
        name: "key/refusal-leaked",
        needs: [],
        precondition: "an answer to the app after the vendor refused or failed a call for it, in words that would be recognised or without any credential",
        on_wire: true,
        monitor: |context| at_the_end(context.lacks_app(), judge),
    }
}

/// The shortest text, in bytes, that counts as a leak. Shorter texts occur in many answers by chance.
const TELLING: usize = 16;
/// The shortest exchange id, in bytes, that counts as a leak. A shorter one could be any other number.
const TELLING_ID: usize = 8;

fn judge(requests: &[AppRequest<'_>]) -> Evidence {
    let mut evidence = Evidence::default();
    for request in requests {
        judge_one(request, &mut evidence);
    }
    evidence
}

fn judge_one(request: &AppRequest<'_>, evidence: &mut Evidence) {
    let Some((answered, answer)) = request.exchange.delivered() else { return };
    let refusals: Vec<_> = request.calls.iter().filter_map(|call| refusal(call)).collect();
    let Some((last, _)) = refusals.last() else { return };
    let is_recognised = refusals.iter().any(|(_, refusal)| telling_id(refusal).or(telling_body(refusal)).is_some());
    evidence.exercised += u64::from(is_recognised || may_be_mistaken(request));
    let leak = refusals.iter().find_map(|(seq, refusal)| Some((*seq, leaked(refusal, answer)?)));
    let found = leak.or_else(|| Some((*last, mistaken(request, answer)?)));
    if let Some((seq, what)) = found {
        let message = format!("the client backend's answer to {} {what}", words::app(request.intent));
        evidence.findings.push(Finding::new(message, [request.exchange.opened, seq, answered]));
    }
}

/// The vendor's answer as the backend received it, if it is not a success.
fn refusal(call: &Exchange) -> Option<(u64, &Response)> {
    let refuses = |answer: &Response| answer.status >= 400 || answer.reply.is_some_and(ReplyName::is_refusal);
    call.delivered().filter(|(_, answer)| refuses(answer))
}

/// Describes how an answer repeats a refusal.
fn leaked(refusal: &Response, answer: &Response) -> Option<String> {
    let body = answer.body.iter().map(|body| body.text.as_str());
    let texts: Vec<&str> = answer.headers.iter().map(|(_, value)| value.as_str()).chain(body).collect();
    if let Some(id) = telling_id(refusal).filter(|id| texts.iter().any(|text| text.contains(id))) {
        return Some(format!("holds {id}, the id of the exchange that the vendor refused"));
    }
    let said = telling_body(refusal)?;
    let is_repeated = texts.iter().any(|text| repeats(text, said));
    is_repeated.then(|| "repeats the whole body of the vendor's refusal".to_owned())
}

/// The id of the refused exchange, if it would be recognised.
fn telling_id(refusal: &Response) -> Option<&str> {
    refusal.text(&Field::ExchangeId).filter(|id| id.len() >= TELLING_ID)
}

/// The body of a refusal, if it would be recognised.
fn telling_body(refusal: &Response) -> Option<&str> {
    let said = refusal.body.as_ref().filter(|body| !body.truncated).map(|body| body.text.trim());
    said.filter(|said| said.len() >= TELLING)
}

/// Whether a text contains `said`: as it is, inside a JSON string, or as an equal JSON value.
fn repeats(text: &str, said: &str) -> bool {
    let escaped = Value::from(said).to_string();
    if text.contains(said) || text.contains(escaped.trim_matches('"')) {
        return true;
    }
    let parsed = (serde_json::from_str::<Value>(text), serde_json::from_str::<Value>(said));
    let (Ok(text), Ok(said)) = parsed else { return false };
    (said.is_object() || said.is_array()) && holds(&text, &said)
}

fn holds(value: &Value, part: &Value) -> bool {
    value == part
        || match value {
            Value::Array(items) => items.iter().any(|item| holds(item, part)),
            Value::Object(members) => members.values().any(|member| holds(member, part)),
            _ => false,
        }
}

/// Describes how an answer hands out something else as a credential.
fn mistaken(request: &AppRequest<'_>, answer: &Response) -> Option<String> {
    let outcome = answer.outcome.as_ref().filter(|outcome| outcome.success)?;
    let value = outcome.value.as_deref().filter(|value| !value.trim().is_empty())?;
    let is_real = !credentials(request.exchange).is_empty();
    (may_be_mistaken(request) && !is_real)
        .then(|| format!("hands out `{}` as a credential, though the vendor issued none", shortened(value)))
}

/// Whether the app asked for a credential, and the vendor issued none, so that anything else in its place is wrong.
fn may_be_mistaken(request: &AppRequest<'_>) -> bool {
    let asked = request.intent.is_some_and(|intent| intent.call == "credential");
    asked && request.calls.iter().all(|call| credentials(call).is_empty())
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{
        Story, app, body, failed, handed, issue, issued, no_occasion, refused, response, same_occasion, wish,
    };

    /// A vendor that refuses, and a backend that gives its app this answer.
    fn story(answer: Response) -> Story {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.call(issue("a-1"), refused(ReplyName::KeyRevoked));
        story.answer(asked, answer);
        story
    }

    fn found(answer: Response) -> String {
        let mut findings = story(answer).findings(&RULE);
        assert_eq!(findings.len(), 1);
        let (message, events) = findings.remove(0);
        assert_eq!(events, [1, 3, 4]);
        message.strip_prefix("the client backend's answer to alice's app ").unwrap().to_owned()
    }

    #[test]
    fn the_same_answer_with_the_vendors_words_or_a_made_up_credential_is_found() {
        let right = story(failed(502, "sorry"));
        same_occasion(&RULE, &right, &story(failed(502, "exchange-4711")));
        same_occasion(&RULE, &right, &story(handed("undefined")));
    }

    #[test]
    fn a_refusal_without_a_word_that_would_be_recognised_shows_nothing_where_a_credential_came_after_it() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.call(issue("a-1"), response(503));
        story.call(issue("a-1"), issued("credential#1"));
        story.answer(asked, handed("credential#1"));
        no_occasion(&RULE, &story);
    }

    #[test]
    fn an_error_in_the_backends_own_words_holds() {
        assert_eq!(story(failed(502, "{\"error\":\"no credential\"}")).passed(&RULE), 1);
    }

    #[test]
    fn a_success_with_an_error_inside_holds() {
        assert_eq!(story(failed(200, "{\"ok\":false}")).passed(&RULE), 1);
    }

    #[test]
    fn the_vendors_exchange_id_is_found_in_body_and_headers() {
        let message = "holds exchange-4711, the id of the exchange that the vendor refused";
        assert_eq!(found(failed(502, "vendor said no (exchange-4711)")), message);
        let mut header = failed(502, "");
        header.headers.push(("x-cause".to_owned(), "exchange-4711".to_owned()));
        assert_eq!(found(header), message);
    }

    #[test]
    fn the_vendors_body_is_found_however_it_is_wrapped() {
        let said = "{\"error\": \"key_revoked\", \"hint\": 4}";
        let quoted = Value::from(said).to_string();
        for text in [
            said.to_owned(),
            format!("{{\"detail\":{quoted}}}"),
            "{\"d\":[{\"hint\":4,\"error\":\"key_revoked\"}]}".to_owned(),
        ] {
            let mut story = Story::new();
            let asked = story.send(app(wish("alice")));
            let refusal =
                Response { body: Some(body(said)), fields: serde_json::Map::new(), ..refused(ReplyName::KeyRevoked) };
            story.call(issue("a-1"), refusal);
            story.answer(asked, failed(502, &text));
            assert!(story.findings(&RULE)[0].0.ends_with("repeats the whole body of the vendor's refusal"), "{text}");
        }
    }

    #[test]
    fn the_vendors_body_is_found_in_a_header() {
        let said = "{\"message\":\"Invalid access token\"}";
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        let refusal =
            Response { body: Some(body(said)), fields: serde_json::Map::new(), ..refused(ReplyName::KeyRevoked) };
        story.call(issue("a-1"), refusal);
        let mut answer = failed(502, "sorry");
        answer.headers.push(("x-cause".to_owned(), said.to_owned()));
        story.answer(asked, answer);
        assert!(story.findings(&RULE)[0].0.ends_with("repeats the whole body of the vendor's refusal"));
    }

    #[test]
    fn something_else_in_a_credentials_place_is_found() {
        assert_eq!(found(handed("undefined")), "hands out `undefined` as a credential, though the vendor issued none");
    }

    #[test]
    fn a_credential_from_a_stock_or_a_second_try_holds() {
        assert_eq!(story(handed("credential#1")).passed(&RULE), 1);
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.call(issue("a-1"), refused(ReplyName::Unavailable));
        story.call(issue("a-1"), issued("credential#2"));
        story.answer(asked, handed("opaque"));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn where_the_vendor_refused_nothing_nothing_is_judged() {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        assert_eq!(story.passed(&RULE), 0);
    }
}
