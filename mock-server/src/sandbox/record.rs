//! Requests and responses as the history keeps them: redacted, with a placeholder for each value that was found.

use std::borrow::Cow;

use serde_json::{Map, Value};
use standin_contracts::contract::{Operation, WireRequest, WireResponse};
use standin_contracts::history::{
    AppIntent, AppOutcome, Body, Fate, Leg, MessagePart, Placeholder, Redactor, Request, Response, Step,
};
use standin_contracts::protocol::{Field, FieldValue, Fields, Reply, Timestamp};

use super::exchange::Leaving;

/// The facts about a request that are not in its bytes.
#[derive(Debug)]
pub(super) struct About<'a> {
    pub(super) leg: Leg,
    pub(super) vendor: Option<&'a str>,
    pub(super) operation: Option<&'a Operation>,
    pub(super) step: Option<Step>,
    pub(super) intent: Option<AppIntent>,
}

/// A token that a reply issues, and its label. The token is never empty.
struct Issued<'a> {
    token: &'a str,
    label: &'a str,
}

/// The record of a request. Its number is set later.
pub(super) fn request(redactor: &Redactor, about: About<'_>, wire: WireRequest) -> Request {
    let mut placeholders = Vec::new();
    Request {
        exchange: 0,
        leg: about.leg,
        vendor: about.vendor.map(str::to_owned),
        install: None,
        operation: about.operation.map(|operation| operation.id.clone()),
        // A history has no field for the placeholders in a method.
        method: redactor.part(wire.method, || MessagePart::Url, &mut Vec::new()),
        target: redactor.part(wire.target, || MessagePart::Url, &mut placeholders),
        headers: headers(redactor, wire.headers, &mut placeholders),
        body: redactor.body(wire.body, &mut placeholders),
        placeholders,
        step: about.step.map(|step| redacted_step(redactor, step)),
        intent: about.intent,
        delivery: None,
    }
}

pub(super) fn response(
    redactor: &Redactor,
    exchange: u64,
    wire: &WireResponse,
    reply: Option<&Reply>,
    leaving: Leaving<'_>,
) -> Response {
    let mut placeholders = Vec::new();
    let issued = [Field::Credential, Field::Session, Field::Refresh].map(|field| {
        let token = reply?.fields.text(&field)?;
        Some(Issued { token, label: redactor.label(token)? })
    });
    Response {
        exchange,
        status: wire.status,
        headers: answer_headers(redactor, &wire.headers, &mut placeholders),
        body: answer_body(redactor, &wire.body, &issued, &mut placeholders),
        placeholders,
        reply: reply.map(|reply| reply.name),
        fields: reply.map(|reply| redacted_fields(redactor, &reply.fields, &issued)).unwrap_or_default(),
        fault: leaving.fault.map(|(_, words)| words.to_owned()),
        fate: leaving.fate,
        outcome: None,
    }
}

/// The body of an answer. The tokens that it issues appear literally: replacing them first leaves little to search.
fn answer_body(
    redactor: &Redactor,
    bytes: &[u8],
    issued: &[Option<Issued<'_>>],
    placeholders: &mut Vec<Placeholder>,
) -> Option<Body> {
    let mut text = Cow::Borrowed(bytes);
    for Issued { token, label } in issued.iter().flatten() {
        if let Some(without) = replaced(&text, token.as_bytes(), label.as_bytes()) {
            placeholders.push(Placeholder {
                label: (*label).to_owned(),
                place: MessagePart::Body,
                encoding: Vec::new(),
            });
            text = Cow::Owned(without);
        }
    }
    redactor.body(text.into_owned(), placeholders).map(|body| Body { bytes: bytes.len(), ..body })
}

/// The text with every occurrence of the token replaced by its label. None if there is no occurrence. Answers are
/// short, so comparing at each position costs less than preparing a search for a long token.
fn replaced(text: &[u8], token: &[u8], label: &[u8]) -> Option<Vec<u8>> {
    let place = |text: &[u8]| text.windows(token.len()).position(|here| here == token);
    let mut next = Some(place(text)?);
    let (mut without, mut rest) = (Vec::new(), text);
    while let Some(start) = next {
        without.extend_from_slice(&rest[..start]);
        without.extend_from_slice(label);
        rest = &rest[start + token.len()..];
        next = place(rest);
    }
    without.extend_from_slice(rest);
    Some(without)
}

/// The reply's fields, redacted. Ids that the engine has just drawn can't contain a known secret.
fn redacted_fields(redactor: &Redactor, fields: &Fields, issued: &[Option<Issued<'_>>]) -> Map<String, Value> {
    let label = |text: &str| {
        let known = issued.iter().flatten().find(|one| one.token == text).map(|one| one.label);
        known.or_else(|| redactor.label(text))
    };
    let redacted = |(field, value): (&Field, &FieldValue)| {
        let value = match (field, value) {
            (Field::ExchangeId | Field::CredentialId | Field::UserId, FieldValue::Text(_))
            | (_, FieldValue::Time(_) | FieldValue::Int(_) | FieldValue::Flag(_)) => value.to_json(),
            (_, FieldValue::Text(text)) => match label(text) {
                Some(label) => Value::from(label),
                None => Value::from(redactor.text(text).0),
            },
            (_, FieldValue::Texts(_) | FieldValue::List(_)) => {
                let mut value = value.to_json();
                redactor.json(&mut value);
                value
            }
        };
        (field.name().into_owned(), value)
    };
    fields.iter().map(redacted).collect()
}

/// The record of a backend's answer to its app. No part of it comes from the mock, so all of it is searched.
pub(super) fn app_response(
    redactor: &Redactor,
    exchange: u64,
    wire: &WireResponse,
    outcome: Option<AppOutcome>,
) -> Response {
    let mut placeholders = Vec::new();
    let value = |value: String| redactor.text(&value).0.into_owned();
    Response {
        exchange,
        status: wire.status,
        headers: headers(redactor, wire.headers.clone(), &mut placeholders),
        body: redactor.body(wire.body.clone(), &mut placeholders),
        placeholders,
        reply: None,
        fields: Map::new(),
        fault: None,
        fate: Fate::Delivered,
        outcome: outcome.map(|outcome| AppOutcome { value: outcome.value.map(value), ..outcome }),
    }
}

/// Adds the headers of every response of the mock: its date, the mock's version, and the fault that changed it.
pub(crate) fn add_standard_headers(wire: &mut WireResponse, now: Timestamp, fault: Option<&str>) {
    let mut add = |name: &str, value: String| wire.headers.push((name.to_owned(), value));
    add("date", now.to_http_date());
    add("standin-mock", env!("CARGO_PKG_VERSION").to_owned());
    if let Some(kind) = fault {
        add("standin-fault", kind.to_owned());
    }
}

fn redacted_step(redactor: &Redactor, mut step: Step) -> Step {
    step.fields.values_mut().for_each(|value| redactor.json(value));
    step.malformed = step.malformed.map(|words| redactor.text(&words).0.into_owned());
    step
}

/// The headers of an answer. Only `standin-expected` can repeat a value of the request.
fn answer_headers(
    redactor: &Redactor,
    headers: &[(String, String)],
    placeholders: &mut Vec<Placeholder>,
) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| match name.as_str() {
            "standin-expected" => {
                (name.clone(), redactor.part(value.clone(), || MessagePart::Header(name.clone()), placeholders))
            }
            _ => (name.clone(), value.clone()),
        })
        .collect()
}

fn headers(
    redactor: &Redactor,
    headers: Vec<(String, String)>,
    placeholders: &mut Vec<Placeholder>,
) -> Vec<(String, String)> {
    let redacted = |(name, value): (String, String)| {
        let value = redactor.part(value, || MessagePart::Header(name.clone()), placeholders);
        (name, value)
    };
    headers.into_iter().map(redacted).collect()
}
