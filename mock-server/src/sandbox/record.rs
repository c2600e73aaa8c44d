//! Requests and responses as the history keeps them: redacted, with a mark for each value that was found.

use standin_contracts::contract::{Operation, WireRequest, WireResponse};
use standin_contracts::history::{AppIntent, Fate, Leg, Mark, Place, Redactor, Request, Response, Step};
use standin_contracts::protocol::{Reply, Timestamp};

/// What a request is known by beside its bytes.
#[derive(Debug)]
pub(super) struct About<'a> {
    pub(super) exchange: u64,
    pub(super) leg: Leg,
    pub(super) vendor: Option<&'a str>,
    pub(super) operation: Option<&'a Operation>,
    pub(super) step: Option<Step>,
    pub(super) intent: Option<AppIntent>,
}

pub(super) fn request(redactor: &Redactor, about: About<'_>, wire: &WireRequest) -> Request {
    let mut marks = Vec::new();
    Request {
        exchange: about.exchange,
        leg: about.leg,
        vendor: about.vendor.map(str::to_owned),
        operation: about.operation.map(|operation| operation.id.clone()),
        method: redactor.text(&wire.method).0.into_owned(),
        target: redactor.part(&wire.target, &Place::Url, &mut marks),
        headers: headers(redactor, &wire.headers, &mut marks),
        body: redactor.body(&wire.body, &mut marks),
        marks,
        step: about.step.map(|step| redacted_step(redactor, step)),
        intent: about.intent,
    }
}

/// What is told of a response beside its bytes.
#[derive(Debug, Default)]
pub(super) struct Telling<'a> {
    pub(super) reply: Option<&'a Reply>,
    pub(super) fault: Option<&'a str>,
    pub(super) fate: Fate,
}

pub(super) fn response(redactor: &Redactor, exchange: u64, wire: &WireResponse, telling: &Telling<'_>) -> Response {
    let mut marks = Vec::new();
    let mut fields = telling.reply.map(|reply| reply.fields.to_json()).unwrap_or_default();
    fields.values_mut().for_each(|value| redactor.json(value));
    Response {
        exchange,
        status: wire.status,
        headers: headers(redactor, &wire.headers, &mut marks),
        body: redactor.body(&wire.body, &mut marks),
        marks,
        reply: telling.reply.map(|reply| reply.name),
        fields,
        fault: telling.fault.map(str::to_owned),
        fate: telling.fate,
        outcome: None,
    }
}

/// The headers that every response of the mock bears: that it is one, what time it is, and what was done to it.
pub(crate) fn dress(wire: &mut WireResponse, now: Timestamp, fault: Option<&str>) {
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

fn headers(redactor: &Redactor, headers: &[(String, String)], marks: &mut Vec<Mark>) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.clone(), redactor.part(value, &Place::Header(name.clone()), marks)))
        .collect()
}
