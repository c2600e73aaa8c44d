//! The order of a transcript: by causes, and not by arrival.
//!
//! A cause is a command with its install, or an action of the harness. A request of an install belongs to the last
//! command that this install was given, or to an action after that. Within a cause the recorded order counts. What
//! different installs do beside one another stands apart, each under its own command, so that the speed of a machine
//! shows nowhere.

use std::collections::BTreeMap;

use super::names::Line;
use super::transcript::Item;

/// What the harness did at one event.
#[derive(Debug, Clone)]
pub(super) struct Deed {
    pub(super) seq: u64,
    pub(super) kind: DeedKind,
    pub(super) line: Line,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DeedKind {
    /// A change of keys, faults, clock or backend: a cause for every install.
    Action,
    /// A command, which is a cause for its install alone.
    Command { install: String, kills: bool },
    /// A result, or a call that was seen inside an app. It is told after the command's requests.
    Told,
}

impl Deed {
    /// Whether what this install asks from now on is asked because of the deed.
    fn causes(&self, of: &str) -> bool {
        match &self.kind {
            DeedKind::Action => true,
            DeedKind::Command { install, .. } => install == of,
            DeedKind::Told => false,
        }
    }

    fn kills(&self, of: &str) -> bool {
        matches!(&self.kind, DeedKind::Command { install, kills: true } if install == of)
    }
}

/// Concurrent requests in their place.
#[derive(Debug)]
pub(super) struct Group<'i> {
    pub(super) items: Vec<&'i Item>,
    /// The number of deeds that are told before it.
    pub(super) after: usize,
    /// The number of deeds that were done before it ended.
    pub(super) until: usize,
}

impl Group<'_> {
    fn opened(&self) -> u64 {
        self.items.iter().map(|item| item.opened).min().unwrap_or_default()
    }

    fn install(&self) -> Option<&str> {
        self.items.first().and_then(|item| item.install.as_deref())
    }
}

/// All requests in groups, in the order of the transcript.
pub(super) fn ordered<'i>(items: &'i [&'i Item], deeds: &[&Deed]) -> Vec<Group<'i>> {
    let mut causes: BTreeMap<(Option<&str>, usize), Vec<&Item>> = BTreeMap::new();
    for item in items {
        let install = item.install.as_deref();
        // What nobody's install asked overlaps as it may: the harness waits for it before its next step.
        let cause = install.map_or(0, |install| cause(install, item.opened, deeds));
        causes.entry((install, cause)).or_default().push(item);
    }
    let mut all = Vec::new();
    for ((install, cause), items) in causes {
        let groups = beside(groups(items));
        all.extend(groups.into_iter().map(|items| placed(items, install.map(|name| (name, cause)), deeds)));
    }
    arranged(all)
}

/// The number of deeds up to the one that a request of an install was caused by.
fn cause(install: &str, opened: u64, deeds: &[&Deed]) -> usize {
    let is_cause = |deed: &&Deed| deed.seq < opened && deed.causes(install);
    deeds.iter().rposition(is_cause).map_or(0, |place| place + 1)
}

fn placed<'i>(items: Vec<&'i Item>, caused: Option<(&str, usize)>, deeds: &[&Deed]) -> Group<'i> {
    let opened = items.iter().map(|item| item.opened).min().unwrap_or_default();
    let closed = items.iter().map(|item| item.closed).max().unwrap_or_default();
    let Some((install, after)) = caused else {
        let before = |seq: u64| deeds.partition_point(|deed| deed.seq < seq);
        return Group { items, after: before(opened), until: before(closed) };
    };
    // A process that was killed asks for nothing any more, however late the vendor notices.
    let death = deeds.iter().find(|deed| deed.seq > opened && deed.kills(install)).map_or(u64::MAX, |deed| deed.seq);
    let is_meanwhile = |deed: &&Deed| deed.seq < closed && deed.seq <= death && deed.causes(install);
    let until = deeds.iter().rposition(is_meanwhile).map_or(after, |place| (place + 1).max(after));
    Group { items, after, until }
}

/// Sorts groups by their causes. Of one install, and of what no install asked, the recorded order stays. Of several
/// installs with the same cause, one is told after the other.
fn arranged(mut all: Vec<Group<'_>>) -> Vec<Group<'_>> {
    all.sort_by_key(|group| (group.after, group.opened()));
    for slot in all.chunk_by_mut(|one, other| one.after == other.after) {
        let mut installs: Vec<&str> = slot.iter().filter_map(Group::install).collect();
        installs.sort_unstable();
        installs.dedup();
        if installs.len() > 1 {
            slot.sort_by_cached_key(|group| {
                (group.install().is_none(), group.install().map(str::to_owned), group.opened())
            });
        }
    }
    all
}

/// Groups of concurrent items, in order.
pub(super) fn groups(mut items: Vec<&Item>) -> Vec<Vec<&Item>> {
    items.sort_by_key(|item| item.opened);
    let mut groups: Vec<Vec<&Item>> = Vec::new();
    let mut end = 0;
    for item in items {
        match groups.last_mut() {
            Some(group) if item.opened < end => group.push(item),
            _ => groups.push(vec![item]),
        }
        end = end.max(item.closed);
    }
    groups
}

/// Joins groups of requests with one cause that an install may have sent concurrently.
fn beside(groups: Vec<Vec<&Item>>) -> Vec<Vec<&Item>> {
    let mut joined: Vec<Vec<&Item>> = Vec::new();
    for group in groups {
        let fits = |last: &&mut Vec<&Item>| {
            let pairs = last.iter().flat_map(|one| group.iter().map(move |other| (&one.submitted, &other.submitted)));
            let mut both = pairs.map(|(one, other)| one.as_ref().zip(other.as_ref()));
            both.all(|pair| pair.is_some_and(|(one, other)| one.may_be_beside(other)))
        };
        match joined.last_mut().filter(fits) {
            Some(last) => last.extend(group),
            None => joined.push(group),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use standin_contracts::history::Event;

    use crate::snapshot::transcripts;

    /// The transcript of a scenario with these events.
    fn told(scenario: impl IntoIterator<Item = Value>) -> String {
        let event = |(seq, what): (u64, Value)| json!({"seq": seq, "at": "2026-01-05T08:00:00.000Z", "mono_us": seq, "event": what});
        let all = [json!({"kind": "scenario", "name": "side-by-side"})].into_iter().chain(scenario);
        let events: Vec<Event> =
            (1..).zip(all).map(|one| serde_json::from_value(event(one)).expect("an event")).collect();
        let all = transcripts("vendor", &events.iter().collect::<Vec<_>>());
        all[0].text.clone().expect("nothing was dropped")
    }

    fn command(call: u64, install: &str, name: &str) -> Value {
        json!({"kind": "call", "call": call, "install": install, "name": name, "arguments": {"by_ms": 3_600_000}})
    }

    fn result(call: u64) -> Value {
        json!({"kind": "returned", "call": call, "success": true})
    }

    fn action(change: &str) -> Value {
        json!({"kind": "fault", "change": change, "fault": "an outage"})
    }

    /// A request of an install in its own session.
    fn asks(exchange: u64, install: &str, target: &str) -> Value {
        let session = format!("session#{exchange}");
        json!({"kind": "request", "exchange": exchange, "leg": "sdk_to_vendor", "install": install, "method": "POST",
            "target": target, "headers": [["authorization", format!("Bearer {session}")]],
            "placeholders": [{"label": session, "place": {"header": "authorization"}}]})
    }

    fn hears(exchange: u64) -> Value {
        json!({"kind": "response", "exchange": exchange, "status": 200, "headers": []})
    }

    /// Two exchanges of an install, one after the other.
    fn two(install: &str, exchange: u64, targets: [&str; 2]) -> Vec<Value> {
        let [first, second] = targets;
        let next = exchange + 1;
        vec![asks(exchange, install, first), hears(exchange), asks(next, install, second), hears(next)]
    }

    /// An hour of two installs, in which this happens at the vendor.
    fn hour(within: Vec<Value>) -> String {
        let waits = [command(1, "phone-1", "advance"), command(2, "tablet-1", "advance")];
        told(waits.into_iter().chain(within).chain([result(1), result(2)]))
    }

    /// What two installs do, with each step taken from the one that `picks` names, until one has no more.
    fn merged(one: &[Value], other: &[Value], picks: &[bool]) -> Vec<Value> {
        let (mut one, mut other) = (one.iter(), other.iter());
        let mut merged: Vec<&Value> =
            picks.iter().filter_map(|first| if *first { one.next() } else { other.next() }).collect();
        merged.extend(one.chain(other));
        merged.into_iter().cloned().collect()
    }

    #[test]
    fn what_installs_do_beside_one_another_stands_under_the_command_of_each() {
        let (phone, tablet) = (two("phone-1", 10, ["/a", "/b"]), two("tablet-1", 20, ["/c", "/d"]));
        let expected = [
            "1h pass for phone",
            "phone → vendor  POST /a",
            "phone → vendor  POST /b",
            "1h pass for tablet",
            "tablet → vendor  POST /c",
            "tablet → vendor  POST /d",
        ];
        for within in [[phone.clone(), tablet.clone()].concat(), [tablet, phone].concat()] {
            let text = hour(within);
            let heads: Vec<&str> = text.lines().filter(|line| line.contains("POST") || line.contains("pass")).collect();
            assert_eq!(heads, expected);
            assert!(text.contains("POST /c\n  authorization: Bearer session#3\n"), "numbered in order:\n{text}");
        }
    }

    #[test]
    fn another_order_within_one_cause_is_another_transcript() {
        let tablet = two("tablet-1", 20, ["/c", "/d"]);
        let of = |targets| hour([two("phone-1", 10, targets), tablet.clone()].concat());
        assert_ne!(of(["/a", "/b"]), of(["/b", "/a"]));
    }

    #[test]
    fn steps_that_do_not_overlap_keep_their_order() {
        let step = |call, install: &str| {
            [vec![command(call, install, "sync_now")], two(install, call * 10, ["/a", "/b"]), vec![result(call)]]
                .concat()
        };
        let (phone, tablet) = (step(1, "phone-1"), step(2, "tablet-1"));
        assert_ne!(told([phone.clone(), tablet.clone()].concat()), told([tablet, phone].concat()));
    }

    #[test]
    fn a_result_may_overtake_the_request_of_its_command() {
        let (begins, ends) = (command(1, "phone-1", "sync_now"), result(1));
        let (ask, hear) = (asks(10, "phone-1", "/a"), hears(10));
        let usual = told([begins.clone(), ask.clone(), hear.clone(), ends.clone()]);
        assert_eq!(told([begins.clone(), ask.clone(), ends.clone(), hear.clone()]), usual);
        assert_eq!(told([begins, ends, ask, hear]), usual);
    }

    #[test]
    fn a_killed_process_is_dead_however_late_the_vendor_notices() {
        let gone = json!({"kind": "send_failed", "exchange": 10, "why": "the client went away"});
        let held = [command(1, "phone-1", "sync_now"), asks(10, "phone-1", "/a"), command(2, "phone-1", "kill")];
        let rest = [result(2), result(1), command(3, "phone-1", "launch")];
        let noticed = |after: usize| {
            let (before, behind) = rest.split_at(after);
            told(held.iter().chain(before).chain([&gone]).chain(behind).cloned())
        };
        assert!(noticed(0).contains("\n  meanwhile app → phone  kill()\n"), "{}", noticed(0));
        assert!((1..=rest.len()).all(|after| noticed(after) == noticed(0)));
    }

    #[test]
    fn an_action_between_two_requests_of_a_command_stays_between_them() {
        let (begins, ends) = (command(1, "phone-1", "sync_now"), result(1));
        let with = |place: usize| {
            let mut within = two("phone-1", 10, ["/a", "/b"]);
            within.insert(place, action("cleared"));
            told([vec![begins.clone()], within, vec![ends.clone()]].concat())
        };
        assert_ne!(with(0), with(2));
        assert_ne!(with(2), with(4));
    }

    proptest! {
        #[test]
        fn no_interleaving_of_installs_shows(picks in prop::collection::vec(any::<bool>(), 8), acts in any::<bool>()) {
            let strand = |install, exchange, targets| {
                [two(install, exchange, targets), two(install, exchange + 2, ["/e", "/f"])].concat()
            };
            let (phone, tablet) = (strand("phone-1", 10, ["/a", "/b"]), strand("tablet-1", 20, ["/c", "/d"]));
            let played = |picks: &[bool]| {
                let (phone, tablet) = ((&phone[..4], &phone[4..]), (&tablet[..4], &tablet[4..]));
                // What the harness does in the meantime is a cause for both.
                let between = if acts { vec![action("cleared")] } else { Vec::new() };
                hour([merged(phone.0, tablet.0, picks), between, merged(phone.1, tablet.1, picks)].concat())
            };
            prop_assert_eq!(played(&picks), played(&[]));
        }
    }
}
