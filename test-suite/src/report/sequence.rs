//! The events that prove a finding, as a small sequence with actors.

use serde_json::{Map, Value};
use standin_contracts::history::{
    AppIntent, Call, Credentials, Delivered, Delivery, Event, Fate, Leg, Login, Request, Response, Return, TlsAttempt,
    TlsKind, TlsProgress, What,
};
use standin_contracts::protocol::Field;

use super::Step;

/// The exchange or call that an event is one half of. Both halves are shown together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    Exchange(u64),
    Call(u64),
}

/// The events with these numbers and their other halves, worded for a reader.
pub(crate) fn sequence(events: &[&Event], proof: &[u64]) -> Vec<Step> {
    let wholes: Vec<Whole> = proof.iter().filter_map(|seq| whole(find(events, *seq)?)).collect();
    let belongs =
        |event: &&&Event| proof.contains(&event.seq) || whole(event).is_some_and(|whole| wholes.contains(&whole));
    events.iter().filter(belongs).map(|event| step(event, events)).collect()
}

fn find<'e>(events: &[&'e Event], seq: u64) -> Option<&'e Event> {
    events.binary_search_by_key(&seq, |event| event.seq).ok().map(|index| events[index])
}

fn whole(event: &Event) -> Option<Whole> {
    match &event.event {
        What::Request(request) => Some(Whole::Exchange(request.exchange)),
        What::Response(response) => Some(Whole::Exchange(response.exchange)),
        What::SendFailed { exchange, .. } => Some(Whole::Exchange(*exchange)),
        What::Call(call) => Some(Whole::Call(call.call)),
        What::Returned(returned) => Some(Whole::Call(returned.call)),
        _ => None,
    }
}

fn step(event: &Event, events: &[&Event]) -> Step {
    let (actors, said) = match &event.event {
        What::Request(request) => (between(request, false), asked(request)),
        What::Response(response) => {
            let request = request_of(response.exchange, events);
            let shown = request.is_some_and(|request| request.leg == Leg::HarnessToBackend);
            (answerer(request), answered(response, shown))
        }
        What::SendFailed { exchange, why, .. } => (answerer(request_of(*exchange, events)), why.clone()),
        What::Key(key) => ("vendor".to_owned(), format!("{} is {} now", key.key, key.change)),
        What::Install(install) => {
            ("vendor".to_owned(), format!("install {} is {} now", install.install, install.change))
        }
        What::Subject(subject) => ("backend".to_owned(), subject.change.clone()),
        What::Fault(fault) => ("vendor".to_owned(), format!("fault {}: {}", fault.change, fault.fault)),
        What::Clock(clock) => ("clock".to_owned(), format!("{}: {}", clock.change, clock.now)),
        What::Call(call) => (format!("app → {}", call.install), called(call)),
        What::Returned(returned) => (returner(returned, events), told(returned)),
        What::Tls(attempt) => ("client → listener".to_owned(), tls(*attempt)),
        What::Scenario { name } => ("harness".to_owned(), format!("scenario {name}")),
        What::Quiescent => ("harness".to_owned(), "nothing is under way".to_owned()),
        What::Dropped { events } => ("harness".to_owned(), format!("{events} events were dropped")),
    };
    Step { seq: event.seq, actors, said }
}

fn called(call: &Call) -> String {
    let arguments: Vec<String> = call.arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let user = call.user.as_ref().map(|user| format!("  for {user}")).unwrap_or_default();
    format!("{}({}){user}", call.name, short(&arguments.join(", "), 60))
}

fn returner(returned: &Return, events: &[&Event]) -> String {
    let install = events.iter().find_map(|event| match &event.event {
        What::Call(call) if call.call == returned.call => Some(call.install.as_str()),
        _ => None,
    });
    format!("{} → app", install.unwrap_or("sdk"))
}

fn told(returned: &Return) -> String {
    match &returned.reason {
        _ if returned.success => "done".to_owned(),
        Some(reason) => format!("failed: {reason}"),
        None => "failed".to_owned(),
    }
}

/// The result of a connection to a TLS listener.
fn tls(attempt: TlsAttempt) -> String {
    let shown = match attempt.listener {
        TlsKind::Good => "a good certificate",
        TlsKind::UntrustedAuthority => "a certificate of an untrusted authority",
        TlsKind::WrongHost => "a certificate for another host",
        TlsKind::Expired => "an expired certificate",
        TlsKind::SelfSigned => "a self-signed certificate",
        TlsKind::OldProtocol => "no TLS since 1.2",
    };
    let went = match attempt.went {
        TlsProgress::TurnedAway => "no handshake",
        TlsProgress::Silent => "a handshake, and nothing after it",
        TlsProgress::Spoke => "a handshake, and bytes after it",
        TlsProgress::InClear => "bytes in clear",
    };
    format!("{shown}: {went}")
}

fn request_of<'e>(exchange: u64, events: &[&'e Event]) -> Option<&'e Request> {
    events.iter().find_map(|event| match &event.event {
        What::Request(request) if request.exchange == exchange => Some(request.as_ref()),
        _ => None,
    })
}

fn answerer(request: Option<&Request>) -> String {
    request.map_or_else(|| actors(Leg::BackendToVendor, true), |request| between(request, true))
}

/// Sender and receiver of a request, or of its answer with `back`. An install is named by its label, except where its
/// app calls the backend.
fn between(request: &Request, back: bool) -> String {
    match request.install.as_deref().filter(|_| request.leg == Leg::SdkToVendor) {
        Some(install) if back => format!("vendor → {install}"),
        Some(install) => format!("{install} → vendor"),
        None => actors(request.leg, back),
    }
}

/// Sender and receiver on a leg, or the reverse with `back`.
pub(crate) fn actors(leg: Leg, back: bool) -> String {
    let (from, to) = match leg {
        Leg::AppToBackend => ("app", "backend"),
        Leg::BackendToVendor => ("backend", "vendor"),
        Leg::SdkToVendor => ("sdk", "vendor"),
        Leg::BackendToOtherOrigin => ("backend", "other origin"),
        Leg::VendorToBackend => ("vendor", "backend"),
        Leg::HarnessToBackend => ("harness", "backend"),
        Leg::BrowserToVendor => ("browser", "vendor"),
    };
    if back { format!("{to} → {from}") } else { format!("{from} → {to}") }
}

fn asked(request: &Request) -> String {
    let mut said = format!("{} {}", request.method, short(&request.target, 70));
    if let Some(intent) = &request.intent {
        said += &format!("  {}", intention(intent));
    }
    if let Some(id) = request.step.as_ref().and_then(|step| step.text(&Field::ExternalId)) {
        said += &format!("  external_id={}", short(id, 40));
    }
    if let Some(delivery) = &request.delivery {
        said += &delivered(delivery);
    }
    said += &request.step.as_ref().map(|step| items(&step.fields)).unwrap_or_default();
    let placeholders: Vec<&str> = request.placeholders.iter().map(|placeholder| placeholder.label.as_str()).collect();
    said + &held(&placeholders)
}

fn items(fields: &Map<String, Value>) -> String {
    let items = fields.get(&Field::Items.to_string()).and_then(Value::as_array);
    let id = Field::ItemId.to_string();
    let ids: Vec<&str> = items.into_iter().flatten().filter_map(|item| item.get(&id)?.as_str()).collect();
    if ids.is_empty() { String::new() } else { format!("  {}", short(&ids.join(", "), 40)) }
}

/// The content of the vendor's webhook delivery, and the credentials that it presented.
fn delivered(delivery: &Delivery) -> String {
    let shown = match delivery.credentials {
        Credentials::Valid => String::new(),
        other => format!("  with {}", other.as_str()),
    };
    let test = if delivery.test { "  test post" } else { "" };
    let message = |message: &Delivered| format!("{}'s {} {}", message.user, message.kind, message.nth);
    let messages: Vec<String> = delivery.messages.iter().take(3).map(message).collect();
    let more = if delivery.messages.len() > 3 { ", …" } else { "" };
    let messages = if messages.is_empty() { String::new() } else { format!("  {}{more}", messages.join(", ")) };
    format!("{shown}{test}{messages}")
}

/// The harness's intention behind a request that it made as the app.
pub(crate) fn intention(intent: &AppIntent) -> String {
    let user = &intent.user;
    let who = match intent.login {
        Login::Valid => format!("as {user}"),
        Login::Absent => "without a login".to_owned(),
        Login::Malformed => format!("with {user}'s login malformed"),
        Login::Unknown => "with a login of nobody".to_owned(),
    };
    let place = intent.named_in.map(|place| format!(" in its {}", place.as_str())).unwrap_or_default();
    intent.named.as_ref().map_or(who.clone(), |victim| format!("{who}, impersonating {victim}{place}"))
}

/// An answer. `shown` adds its content where that matters.
fn answered(response: &Response, shown: bool) -> String {
    let mut said = response.status.to_string();
    if let Some(reply) = response.reply {
        said += &format!(" {reply}");
    }
    if let Some(fault) = &response.fault {
        said += &format!("  (fault: {fault})");
    }
    match response.fate {
        Fate::Delivered => {}
        Fate::Cut => said += "  (cut)",
        Fate::Lost => said += "  (lost)",
    }
    if let Some(value) = response.outcome.as_ref().filter(|_| shown).and_then(|outcome| outcome.value.as_ref()) {
        said += &format!("  {}", short(value, 60));
    }
    let placeholders: Vec<&str> = response.placeholders.iter().map(|placeholder| placeholder.label.as_str()).collect();
    said += &held(&placeholders);
    match &response.body {
        Some(body) if response.placeholders.is_empty() && response.status >= 400 => {
            said + &format!("  {}", short(&body.text, 80))
        }
        _ => said,
    }
}

fn held(placeholders: &[&str]) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for placeholder in placeholders {
        if !seen.contains(placeholder) {
            seen.push(placeholder);
        }
    }
    if seen.is_empty() { String::new() } else { format!("  [{}]", seen.join(", ")) }
}

fn short(text: &str, most: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most - 1).chain(['…']).collect()
}
