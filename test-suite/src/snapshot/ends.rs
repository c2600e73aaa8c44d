//! The ends of exchanges, as surely as a history shows them.

use std::collections::BTreeMap;

use standin_contracts::history::{Event, What};

use super::transcript::SIDE_BY_SIDE;

/// The event at which each exchange was answered or broke off, whichever came first. An install that gives one up may
/// send its next request at once, and the vendor may notice either first. Then the exchange ends where the next one
/// begins.
pub(super) fn ends(events: &[&Event]) -> BTreeMap<u64, u64> {
    let mut ends = BTreeMap::new();
    for event in events {
        match &event.event {
            What::Response(response) => ends.entry(response.exchange).or_insert(event.seq),
            What::SendFailed { exchange, .. } => ends.entry(*exchange).or_insert(event.seq),
            _ => continue,
        };
    }
    for event in events {
        if let What::SendFailed { exchange, .. } = &event.event
            && let Some(next) = said_next(events, *exchange, event)
        {
            ends.entry(*exchange).and_modify(|end| *end = next.min(*end));
        }
    }
    ends
}

/// The next request of an install that gave an exchange up, if both happened at about the same time.
fn said_next(events: &[&Event], exchange: u64, gone: &Event) -> Option<u64> {
    let mut own = events.iter().filter_map(|event| match &event.event {
        What::Request(request) => Some((*event, request.install.as_ref()?, request.exchange)),
        _ => None,
    });
    let (_, install, _) = own.by_ref().find(|(_, _, number)| *number == exchange)?;
    let is_next = |event: &Event| event.seq < gone.seq && gone.at.since(event.at) < SIDE_BY_SIDE;
    own.find(|(event, other, _)| *other == install && is_next(event)).map(|(event, _, _)| event.seq)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_an_install_gives_up_ends_before_what_it_says_instead() {
        let asks = |exchange: u64| {
            json!({"kind": "request", "exchange": exchange, "leg": "sdk_to_vendor", "install": "phone", "method": "POST",
                "target": "/", "headers": []})
        };
        let lost = json!({"kind": "response", "exchange": 1, "status": 200, "headers": [], "fate": "lost"});
        let gone = json!({"kind": "send_failed", "exchange": 1, "why": "the client went away"});
        let noticed = |command: [&Value; 4]| {
            let event = |(seq, what): (u64, &Value)| json!({"seq": seq, "at": "2026-01-05T08:00:00.000Z", "mono_us": seq, "event": what});
            let events = (1..).zip(command).map(|one| serde_json::from_value(event(one)).expect("an event"));
            let events: Vec<Event> = events.collect();
            ends(&events.iter().collect::<Vec<_>>())[&1]
        };
        let (first, second) = (asks(1), asks(2));
        assert_eq!(noticed([&first, &lost, &gone, &second]), 2, "where the vendor noticed");
        assert_eq!(
            noticed([&first, &second, &lost, &gone]),
            2,
            "where the install said something else, though the vendor noticed later"
        );
    }
}
