use std::collections::BTreeMap;

use serde_json::Value;

use crate::protocol::{Millis, SdkCommandName};
use crate::rules::batches::{ids, items, kept, submits};
use crate::rules::pace::{Moment, Pace};
use crate::rules::timelines::{CommandRecord, InstallTimeline, over_installs};
use crate::rules::tracker::Exchange;
use crate::rules::{Evidence, Finding, Joined};

rule! {
    /// What was recorded while there was no network arrives in the order in which it was recorded.
    ///
    /// ### What is wrong
    /// Two items of one category were recorded one after the other while the device was offline, and the vendor kept the
    /// later one first: in a request that was answered before the other's began, or further up in the same batch.
    ///
    /// ### Why it matters
    /// A vendor that reads a trip needs its start before its end. What comes too late is cut off, or read as a trip of
    /// its own.
    ///
    /// ### How it is provoked
    /// The device is offline for a day while items are recorded; the app is started again, and there is a network.
    ///
    /// ### What is right
    /// A queue: first in, first out, for each category. Requests side by side, by an SDK that was seen to send them so, are
    /// fine: their order is nobody's promise; an item that failed is waited for.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         record i-1, record i-2 (offline)
    /// sdk -> vendor      POST /sdk/batches  {"items": [i-2]}
    /// sdk -> vendor      POST /sdk/batches  {"items": [i-1]}           <- too late
    /// ```
    {
        name: "sync/out-of-order",
        subjects: [Sdk],
        needs: [SubmitBatch],
        precondition: "two items of one category that were recorded offline and arrived, in one batch or in two of which one was answered before the other began",
        monitor: |context| {
            let pace = Pace::of(context);
            over_installs(context.lacks_commands(&["record", "network"]), move |timelines| judge(pace, timelines))
        },
    }
}

/// The arrival of an item: the request's beginning and its answer, and the item's index in its batch.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    opened: u64,
    began: Moment,
    answered: u64,
    heard: Moment,
    place: usize,
}

/// The longest delay between arrivals of batches that were sent concurrently.
const ASIDE: Millis = Millis::new(250);

fn judge(pace: Pace, joined: &Joined<'_>) -> Evidence {
    let mut evidence = Evidence::default();
    let timelines = joined.timelines();
    let has_workers = timelines.iter().any(has_workers);
    let aside = has_workers.then_some(ASIDE);
    let is_beside = |one: Moment, other: Moment| aside.is_some_and(|aside| pace.between(one, other) < aside);
    for timeline in timelines {
        judge_one(timeline, &is_beside, &mut evidence);
    }
    evidence
}

/// Whether two batches of one category were ever open at the same time. If so, arrivals close together were sent
/// concurrently.
fn has_workers(timeline: &InstallTimeline<'_>) -> bool {
    let category = |submit: &Exchange| items(submit).first().and_then(|item| item.category.map(str::to_owned));
    let submits = submits(timeline);
    let is_beside = |one: &Exchange, other: &Exchange| {
        let ended = one.answer_in_place().map(|(seq, _)| seq).or(one.broken_off.map(|(seq, _)| seq));
        // A batch that comes again was given up before.
        let is_new = ids(one).is_disjoint(&ids(other));
        is_new && ended.is_some_and(|ended| other.opened < ended) && category(one) == category(other)
    };
    submits.iter().enumerate().any(|(place, one)| submits[place + 1..].iter().any(|other| is_beside(one, other)))
}

fn judge_one(timeline: &InstallTimeline<'_>, is_beside: &dyn Fn(Moment, Moment) -> bool, evidence: &mut Evidence) {
    let arrivals = arrivals(timeline);
    for stream in offline(timeline).values() {
        let arrived: Vec<_> =
            stream.iter().filter_map(|command| Some((*command, *arrivals.get(command.text("id")?)?))).collect();
        for pair in arrived.windows(2) {
            let ((first, early), (second, late)) = (pair[0], pair[1]);
            let (one, other) = if early.opened < late.opened { (early, late) } else { (late, early) };
            let was_beside = one.answered > other.opened
                || is_beside(one.heard, other.began)
                || was_on_its_way(timeline, (first, early), second, late);
            if early.opened != late.opened && was_beside {
                continue;
            }
            evidence.exercised += 1;
            if is_before(late, early) {
                let id = |command: &CommandRecord| command.text("id").unwrap_or_default().to_owned();
                let (install, first_id, second_id) = (&timeline.install, id(first), id(second));
                let message = format!(
                    "the SDK of {install} submitted {second_id} before {first_id}, which it had recorded first"
                );
                evidence.findings.push(Finding::new(message, [first.seq, second.seq, late.opened, early.opened]));
            }
        }
    }
}

/// Whether the item was sent before `other` began, in another batch than the one with which it arrived, and the result of
/// that batch could not be heard by then.
fn was_on_its_way(
    timeline: &InstallTimeline<'_>,
    (item, arrival): (&CommandRecord, Arrival),
    next: &CommandRecord,
    other: Arrival,
) -> bool {
    let holds = |submit: &Exchange, item: &CommandRecord| item.text("id").is_some_and(|id| ids(submit).contains(id));
    let carries = |submit: &Exchange| holds(submit, item) && !holds(submit, next);
    let crossed = |submit: &Exchange| submit.answered.is_some_and(|heard| other.began.may_have_crossed(heard));
    let mut earlier =
        submits(timeline).into_iter().filter(|submit| submit.opened < other.opened && submit.opened != arrival.opened);
    earlier.any(|submit| carries(submit) && crossed(submit))
}

fn is_before(one: Arrival, other: Arrival) -> bool {
    let is_same = one.opened == other.opened;
    if is_same { one.place < other.place } else { one.answered < other.opened }
}

/// For each item, the first request with which the vendor kept it.
fn arrivals<'l>(timeline: &InstallTimeline<'l>) -> BTreeMap<&'l str, Arrival> {
    let mut arrivals = BTreeMap::new();
    for submit in submits(timeline) {
        let kept = kept(submit);
        let (Some((answered, _)), Some(heard)) = (submit.answer_in_place(), submit.answered) else { continue };
        for (place, item) in items(submit).into_iter().enumerate() {
            if let Some(id) = item.id.filter(|id| kept.contains(id)) {
                arrivals.entry(id).or_insert(Arrival {
                    opened: submit.opened,
                    began: submit.began,
                    answered,
                    heard,
                    place,
                });
            }
        }
    }
    arrivals
}

/// The items recorded while there was no network, in order, by category.
fn offline<'l>(timeline: &InstallTimeline<'l>) -> BTreeMap<&'l str, Vec<&'l CommandRecord>> {
    let mut streams: BTreeMap<&str, Vec<&CommandRecord>> = BTreeMap::new();
    let mut online = true;
    for command in timeline.commands(&[SdkCommandName::Network, SdkCommandName::Record]) {
        if command.call.name == SdkCommandName::Network {
            online = command.call.arguments.get("online").and_then(Value::as_bool).unwrap_or(true);
        } else if let Some(category) = command.text("category").filter(|_| !online) {
            streams.entry(category).or_default().push(command);
        }
    }
    streams
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, answered, no_occasion, response, same_occasion, submit};

    /// Two items, recorded offline at places 3 to 6.
    fn offline() -> Story {
        let mut story = Story::of(&["sdk", "sdk:record", "sdk:network"]);
        story.told("phone", SdkCommandName::Network, json!({"online": false}));
        for id in ["i-1", "i-2"] {
            story.told("phone", SdkCommandName::Record, json!({"id": id, "category": "location"}));
        }
        story.told("phone", SdkCommandName::Network, json!({"online": true}));
        story
    }

    fn accepted() -> crate::history::Response {
        answered(ReplyName::BatchAccepted, json!({}))
    }

    fn batch(story: &mut Story, items: &[&str]) {
        story.call(submit("phone", "session#1", "b-1", items), accepted());
    }

    #[test]
    fn the_order_of_recording_holds_in_one_batch_or_several() {
        let (mut one, mut two) = (offline(), offline());
        batch(&mut one, &["i-1", "i-2"]);
        batch(&mut two, &["i-1"]);
        batch(&mut two, &["i-2"]);
        assert_eq!((one.passed(&RULE), two.passed(&RULE)), (1, 1));
        let mut wrong = offline();
        batch(&mut wrong, &["i-2"]);
        batch(&mut wrong, &["i-1"]);
        same_occasion(&RULE, &two, &wrong);
    }

    #[test]
    fn another_order_is_found_in_one_batch_or_several() {
        let (mut one, mut two) = (offline(), offline());
        batch(&mut one, &["i-2", "i-1"]);
        batch(&mut two, &["i-2"]);
        batch(&mut two, &["i-1"]);
        let message = "the SDK of phone submitted i-2 before i-1, which it had recorded first";
        assert_eq!(one.findings(&RULE), [(message.to_owned(), vec![3, 5, 9])]);
        assert_eq!(two.findings(&RULE), [(message.to_owned(), vec![3, 5, 9, 11])]);
    }

    #[test]
    fn going_on_before_an_item_that_failed_has_arrived_is_found() {
        let mut story = offline();
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(503));
        story.pass(5000);
        batch(&mut story, &["i-2"]);
        batch(&mut story, &["i-1"]);
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn what_was_sent_before_a_failure_could_be_heard_holds() {
        let mut story = offline();
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(503));
        story.call(submit("phone", "session#1", "b-2", &["i-2"]), accepted());
        story.pass(5000);
        batch(&mut story, &["i-1"]);
        no_occasion(&RULE, &story);
    }

    #[test]
    fn requests_side_by_side_hold() {
        let mut story = offline();
        let second = story.send(submit("phone", "session#1", "b-2", &["i-2"]));
        let first = story.send(submit("phone", "session#1", "b-1", &["i-1"]));
        story.answer(second, accepted());
        story.answer(first, accepted());
        no_occasion(&RULE, &story);
    }

    #[test]
    fn what_several_workers_send_in_one_moment_holds_and_what_they_send_later_does_not() {
        let (mut at_once, mut later) = (offline(), offline());
        for (story, pause) in [(&mut at_once, 0), (&mut later, 5000)] {
            batch(story, &["i-2"]);
            story.pass(pause);
            batch(story, &["i-1"]);
            let third = story.send(submit("phone", "session#1", "b-3", &["i-3"]));
            let fourth = story.send(submit("phone", "session#1", "b-4", &["i-4"]));
            story.answer(third, accepted());
            story.answer(fourth, accepted());
        }
        no_occasion(&RULE, &at_once);
        assert_eq!(later.findings(&RULE).len(), 1);
    }

    #[test]
    fn what_was_recorded_online_or_never_arrived_is_not_judged() {
        let mut story = Story::of(&["sdk", "sdk:record", "sdk:network"]);
        for id in ["i-1", "i-2"] {
            story.told("phone", SdkCommandName::Record, json!({"id": id, "category": "location"}));
        }
        batch(&mut story, &["i-2", "i-1"]);
        assert_eq!(story.passed(&RULE), 0);
        let mut half = offline();
        batch(&mut half, &["i-2"]);
        assert_eq!(half.passed(&RULE), 0);
    }
}
