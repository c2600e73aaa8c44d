//! Detects a call that never gave its app an outcome: then the file that describes the backend is wrong, or the
//! backend is.

use standin_contracts::history::{Event, Login, Response, What};

/// The message about a call that never held an outcome. `None` if it did once, or if no app made it while the vendor
/// had no fault.
pub(crate) fn never_seen(call: &str, place: &str, events: &[&Event]) -> Option<String> {
    let valid = asked_while_well(call, events);
    let mut answers = events.iter().filter_map(|event| match &event.event {
        What::Response(response) if valid.contains(&response.exchange) => Some(response),
        _ => None,
    });
    let first = answers.next()?;
    if holds_outcome(first) || answers.any(|answer| holds_outcome(answer)) {
        return None;
    }
    let place = if place.is_empty() { "its whole body".to_owned() } else { format!("`{place}`") };
    let body = first.body.as_ref().map_or("nothing", |body| body.text.as_str());
    let body: String = body.chars().take(120).collect();
    Some(format!(
        "no answer to `calls.{call}` ever held an outcome: expected it at {place}, and the first answer was status {} with {body}",
        first.status
    ))
}

fn holds_outcome(response: &Response) -> bool {
    response.outcome.as_ref().is_some_and(|outcome| outcome.success)
}

/// The app requests with a valid login that were made while no fault was set and the server key was valid.
fn asked_while_well(call: &str, events: &[&Event]) -> Vec<u64> {
    let (mut key_is_good, mut faultless) = (true, true);
    let mut asked = Vec::new();
    for event in events {
        match &event.event {
            What::Key(key) => key_is_good = key.change == "valid",
            What::Fault(fault) => faultless = fault.change != "set",
            What::Request(request) if key_is_good && faultless => {
                let is_valid = |intent: &&standin_contracts::history::AppIntent| {
                    intent.call == call && intent.login == Login::Valid
                };
                asked.extend(request.intent.as_ref().filter(is_valid).map(|_| request.exchange));
            }
            _ => {}
        }
    }
    asked
}
