//! The events that prove a finding, as a small sequence with actors.

use standin_contracts::history::{
    Call, Credentials, Delivered, Delivery, Event, Fate, Leg, Login, Request, Response, Return, TlsAttempt, TlsCourse,
    TlsKind, What,
};
use standin_contracts::protocol::Field;

use super::Step;

/// The events with these numbers, and the answers or requests that belong to them, worded for a reader.
pub(crate) fn sequence(events: &[&Event], proof: &[u64]) -> Vec<Step> {
    let exchanges: Vec<u64> = proof.iter().filter_map(|seq| exchange(find(events, *seq)?)).collect();
    let belongs = |event: &&&Event| {
        proof.contains(&event.seq) || exchange(event).is_some_and(|number| exchanges.contains(&number))
    };
    events.iter().filter(belongs).map(|event| step(event, events)).collect()
}

fn find<'e>(events: &[&'e Event], seq: u64) -> Option<&'e Event> {
    events.binary_search_by_key(&seq, |event| event.seq).ok().map(|index| events[index])
}

fn exchange(event: &Event) -> Option<u64> {
    match &event.event {
        What::Request(request) => Some(request.exchange),
        What::Response(response) => Some(response.exchange),
        What::SendFailed { exchange, .. } => Some(*exchange),
        _ => None,
    }
}

fn step(event: &Event, events: &[&Event]) -> Step {
    let (actors, said) = match &event.event {
        What::Request(request) => (actors(request.leg, false), asked(request)),
        What::Response(response) => {
            let leg = leg_of(response.exchange, events);
            (actors(leg, true), answered(response, leg == Leg::HarnessToBackend))
        }
        What::SendFailed { exchange, why } => (actors(leg_of(*exchange, events), true), why.clone()),
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
        What::Journey { name } => ("harness".to_owned(), format!("journey {name}")),
        What::Quiescent => ("harness".to_owned(), "nothing is under way".to_owned()),
        What::Dropped { events } => ("harness".to_owned(), format!("{events} events were dropped")),
    };
    Step { seq: event.seq, actors, said }
}

/// An order in words.
fn called(call: &Call) -> String {
    let arguments: Vec<String> = call.arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let user = call.user.as_ref().map(|user| format!("  for {user}")).unwrap_or_default();
    format!("{}({}){user}", call.name, short(&arguments.join(", "), 60))
}

/// Who returns to the app.
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

/// What came of a connection to a TLS listener.
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
        TlsCourse::TurnedAway => "no handshake",
        TlsCourse::Silent => "a handshake, and nothing after it",
        TlsCourse::Spoke => "a handshake, and bytes after it",
        TlsCourse::InClear => "bytes in clear",
    };
    format!("{shown}: {went}")
}

fn leg_of(exchange: u64, events: &[&Event]) -> Leg {
    let request = events.iter().find_map(|event| match &event.event {
        What::Request(request) if request.exchange == exchange => Some(request.leg),
        _ => None,
    });
    request.unwrap_or(Leg::BackendToVendor)
}

/// Who speaks to whom on a leg, or back.
pub(crate) fn actors(leg: Leg, back: bool) -> String {
    let (from, to) = match leg {
        Leg::AppToBackend => ("app", "backend"),
        Leg::BackendToVendor => ("backend", "vendor"),
        Leg::SdkToVendor => ("sdk", "vendor"),
        Leg::BackendToElsewhere => ("backend", "elsewhere"),
        Leg::VendorToBackend => ("vendor", "backend"),
        Leg::HarnessToBackend => ("harness", "backend"),
    };
    if back { format!("{to} → {from}") } else { format!("{from} → {to}") }
}

fn asked(request: &Request) -> String {
    let mut said = format!("{} {}", request.method, short(&request.target, 70));
    if let Some(intent) = &request.intent {
        said += &format!("  {}", intention(&intent.user, intent.login, intent.named.as_deref()));
    }
    if let Some(id) = request.step.as_ref().and_then(|step| step.text(&Field::ExternalId)) {
        said += &format!("  external_id={}", short(id, 40));
    }
    if let Some(delivery) = &request.delivery {
        said += &brought(delivery);
    }
    let marks: Vec<&str> = request.marks.iter().map(|mark| mark.label.as_str()).collect();
    said + &held(&marks)
}

/// What the vendor brought, and what it showed.
fn brought(delivery: &Delivery) -> String {
    let shown = match delivery.credentials {
        Credentials::Valid => "",
        Credentials::Absent => "  without credentials",
        Credentials::WrongUser => "  with another user name",
        Credentials::WrongPassword => "  with another password",
        Credentials::Stale => "  with credentials that were replaced",
    };
    let test = if delivery.test { "  test post" } else { "" };
    let message = |message: &Delivered| format!("{}'s {} {}", message.user, message.kind, message.nth);
    let messages: Vec<String> = delivery.messages.iter().take(3).map(message).collect();
    let more = if delivery.messages.len() > 3 { ", …" } else { "" };
    let messages = if messages.is_empty() { String::new() } else { format!("  {}{more}", messages.join(", ")) };
    format!("{shown}{test}{messages}")
}

/// What the harness meant by a request that it made as the app.
pub(crate) fn intention(user: &str, login: Login, named: Option<&str>) -> String {
    let who = match login {
        Login::Valid => format!("as {user}"),
        Login::Absent => "without a login".to_owned(),
        Login::Garbled => format!("with {user}'s login garbled"),
        Login::Unknown => "with a login of nobody".to_owned(),
    };
    named.map_or(who.clone(), |victim| format!("{who}, naming {victim}"))
}

/// An answer; what it held is `shown` where that is what counts.
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
    let marks: Vec<&str> = response.marks.iter().map(|mark| mark.label.as_str()).collect();
    said += &held(&marks);
    match &response.body {
        Some(body) if response.marks.is_empty() && response.status >= 400 => {
            said + &format!("  {}", short(&body.text, 80))
        }
        _ => said,
    }
}

fn held(marks: &[&str]) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for mark in marks {
        if !seen.contains(mark) {
            seen.push(mark);
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
