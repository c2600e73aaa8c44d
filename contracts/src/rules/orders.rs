//! Commands that overlapped, in every order in which they may have taken effect.
//!
//! Two commands of an install overlap if each was sent before the other returned. Nobody can see which of them the SDK
//! carried out first, so a finding stands only if every order makes the history wrong. An order agrees with what was
//! recorded: a command that had returned, or whose new session was in use, before another was sent came before it; and
//! what died with its process came before what the next process was told.

use std::collections::BTreeMap;
use std::ops::Range;

use super::timelines::{CommandRecord, InstallTimeline, InstallTimelines, carried, given};
use super::{Evidence, Finding, Joined};
use crate::history::{Event, What};
use crate::protocol::{CommandName, SdkCommandName};

/// The most orders of commands that are told apart: as many as six have that all overlap.
const MOST: usize = 720;
/// The most commands of a group that can have so few orders. Even of commands that overlap only their neighbours, 17 have
/// 2,584 orders.
const LONG: usize = 16;

/// Commands whose place is certain: the process itself, time, and what changes nothing.
const CERTAIN: &[SdkCommandName] = &[
    SdkCommandName::Launch,
    SdkCommandName::Kill,
    SdkCommandName::Advance,
    SdkCommandName::Quiesce,
    SdkCommandName::State,
];

/// The evidence of a judge in the order of commands that speaks best for the subject. The search goes from one group of
/// overlapping commands to the next: all of one had returned before the next began.
pub(super) fn in_every_order(joined: &Joined<'_>, judge: impl Fn(&Joined<'_>) -> Evidence) -> Evidence {
    let mut best = judge(joined);
    let mut places = Places::default();
    let mut unclear: Vec<Unclear> = Vec::new();
    for group in joined.timelines().iter().flat_map(groups) {
        let reach = group.reach(joined.events());
        if !best.findings.iter().any(|finding| touches(&reach, finding)) {
            continue;
        }
        let Some(orders) = group.orders() else {
            unclear.push(Unclear { why: group.too_many(), reach });
            best = without_unclear(best, &unclear);
            continue;
        };
        // The first is the order in which they were sent.
        for order in orders.iter().skip(1) {
            let Some(own) = group.places(order) else { continue };
            let tried: Places = places.iter().map(|(call, place)| (*call, *place)).chain(own).collect();
            let evidence = without_unclear(in_order(joined.events(), &tried, &judge), &unclear);
            if evidence.findings.len() < best.findings.len() {
                (best, places) = (evidence, tried);
            }
        }
    }
    match unclear.into_iter().next() {
        Some(first) if best.findings.is_empty() => Evidence { exercised: 0, undecided: Some(first.why), ..best },
        _ => best,
    }
}

/// A part of the history in which nothing is certain, because too many commands overlapped at its beginning.
struct Unclear {
    reach: Range<u64>,
    why: String,
}

fn touches(reach: &Range<u64>, finding: &Finding) -> bool {
    finding.events.iter().any(|place| reach.contains(place))
}

fn without_unclear(mut evidence: Evidence, unclear: &[Unclear]) -> Evidence {
    evidence.findings.retain(|finding| !unclear.iter().any(|one| touches(&one.reach, finding)));
    evidence
}

/// Where a command stands in another order: before the event of this number, behind commands of a lower rank.
type Places = BTreeMap<u64, (u64, usize)>;

/// Commands of one install, each of which overlaps another one, in the order in which they were sent.
struct Group<'l> {
    install: &'l str,
    commands: Vec<Overlapping>,
}

struct Overlapping {
    sent: u64,
    /// The place by which it had taken effect: its return, or the death of its process.
    over: u64,
    /// The place by which the SDK used the session that it gave.
    used: u64,
}

impl Overlapping {
    /// Whether this one certainly took effect before the other.
    fn precedes(&self, other: &Self) -> bool {
        self.over < other.sent || self.used < other.sent
    }
}

fn groups<'l>(timeline: &'l InstallTimeline<'_>) -> Vec<Group<'l>> {
    let mut groups: Vec<Group<'l>> = Vec::new();
    let given = timeline.commands.iter().filter(|command| !command.call.by_app);
    for command in given.filter(|command| !CERTAIN.contains(&command.call.name)) {
        let command = overlapping(timeline, command);
        match groups.last_mut().filter(|group| group.commands.iter().any(|other| other.over > command.sent)) {
            Some(group) => group.commands.push(command),
            None => groups.push(Group { install: &timeline.install, commands: vec![command] }),
        }
    }
    groups.retain(|group| group.commands.len() > 1);
    groups
}

fn overlapping(timeline: &InstallTimeline<'_>, command: &CommandRecord) -> Overlapping {
    let returned = command.returned.as_ref().map_or(u64::MAX, |(seq, _)| *seq);
    let killed = timeline.commands(&[SdkCommandName::Kill]).map(|kill| kill.seq).find(|seq| *seq > command.seq);
    let is_own = |create: &&_| timeline.command_for(create).is_some_and(|own| own.seq == command.seq);
    let sessions: Vec<&str> =
        timeline.calls(CommandName::CreateUser).filter(is_own).flat_map(|create| given(create, "session")).collect();
    let is_use = |one: &&&_| carried(one, "session").any(|session| sessions.contains(&session));
    let used = timeline.spoke.iter().find(is_use).map_or(u64::MAX, |one| one.opened);
    Overlapping { sent: command.seq, over: returned.min(killed.unwrap_or(u64::MAX)), used }
}

impl Group<'_> {
    /// The part of the history that the order of these commands can change: from the first of them to the end of the
    /// scenario, since each scenario has installs and users of its own.
    fn reach(&self, events: &[Event]) -> Range<u64> {
        let began = self.commands[0].sent;
        let is_next = |event: &&Event| event.seq > began && matches!(event.event, What::Scenario { .. });
        began..events.iter().find(is_next).map_or(u64::MAX, |next| next.seq)
    }

    fn too_many(&self) -> String {
        format!("{} commands of {} overlapped, in more than {MOST} possible orders", self.commands.len(), self.install)
    }

    /// Every order of the commands, by their numbers in the group. `None` if there are too many.
    fn orders(&self) -> Option<Vec<Vec<usize>>> {
        let mut orders = Vec::new();
        if self.commands.len() <= LONG {
            self.extend(&mut Vec::new(), &mut orders);
        }
        (1..=MOST).contains(&orders.len()).then_some(orders)
    }

    fn extend(&self, begun: &mut Vec<usize>, orders: &mut Vec<Vec<usize>>) {
        if begun.len() == self.commands.len() {
            orders.push(begun.clone());
        }
        for next in 0..self.commands.len() {
            let is_left = |one: usize| one != next && !begun.contains(&one);
            let mut before = (0..self.commands.len()).filter(|one| is_left(*one));
            let waits = before.any(|one| self.commands[one].precedes(&self.commands[next]));
            if orders.len() > MOST || waits || begun.contains(&next) {
                continue;
            }
            begun.push(next);
            self.extend(begun, orders);
            begun.pop();
        }
    }

    /// The places of the commands in an order: as early as the next one asks for, else as late as the last one does.
    /// `None` if the commands had returned by then.
    fn places(&self, order: &[usize]) -> Option<Places> {
        let own = |one: usize| &self.commands[one];
        let mut next = u64::MAX;
        let mut early: Vec<u64> = order
            .iter()
            .rev()
            .map(|one| {
                next = next.min(own(*one).sent);
                next
            })
            .collect();
        early.reverse();
        let mut last = 0;
        let late: Vec<u64> = order
            .iter()
            .map(|one| {
                last = last.max(own(*one).sent);
                last
            })
            .collect();
        let is_possible = |places: &Vec<u64>| {
            order.iter().zip(places).all(|(one, place)| {
                let returned = self.commands.iter().filter(|other| other.over < own(*one).sent);
                returned.map(|other| other.over).max().is_none_or(|over| over < *place) && *place < own(*one).over
            })
        };
        let places = [early, late].into_iter().find(is_possible)?;
        let ranked = order.iter().zip(places).enumerate();
        Some(ranked.map(|(rank, (one, place))| (own(*one).sent, (place, rank))).collect())
    }
}

/// The evidence of a history with its commands at other places. What is found is told by the recorded places.
fn in_order(events: &[Event], places: &Places, judge: impl Fn(&Joined<'_>) -> Evidence) -> Evidence {
    let mut order: Vec<((u64, usize), &Event)> = events
        .iter()
        .map(|event| (places.get(&event.seq).copied().unwrap_or((event.seq, usize::MAX)), event))
        .collect();
    order.sort_by_key(|(place, _)| *place);
    let mut timelines = InstallTimelines::default();
    let mut last: Option<&Event> = None;
    for (number, (_, event)) in (1..).zip(&order) {
        // A command takes place at the time that it is moved to.
        let at = last.filter(|_| places.contains_key(&event.seq)).unwrap_or(event);
        timelines.observe(&Event { seq: number, at: at.at, mono_us: at.mono_us, event: event.event.clone() });
        last = Some(event);
    }
    let mut evidence = judge(&Joined::of(&timelines));
    let recorded = |number: &mut u64| {
        let event = number.checked_sub(1).and_then(|place| order.get(usize::try_from(place).ok()?));
        *number = event.map_or(*number, |(_, event)| event.seq);
    };
    evidence.findings.iter_mut().flat_map(|finding| &mut finding.events).for_each(recorded);
    evidence
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{Story, create, signed_in, submit};

    use SdkCommandName as O;

    /// Every order of the commands in a story, as the rules see it.
    fn orders(story: &Story) -> Option<Vec<Vec<O>>> {
        let mut timelines = InstallTimelines::default();
        story.events.iter().for_each(|event| timelines.observe(event));
        let joined = Joined::of(&timelines);
        let group = joined.timelines().iter().flat_map(groups).next()?;
        let named = |places: Places| {
            let seen = std::cell::RefCell::new(Vec::new());
            in_order(joined.events(), &places, |joined| {
                seen.replace(joined.timelines()[0].commands.iter().map(|command| command.call.name).collect());
                Evidence::default()
            });
            seen.into_inner()
        };
        Some(group.orders()?.iter().filter_map(|order| group.places(order)).map(named).collect())
    }

    fn at_once(story: &mut Story, names: &[O]) {
        let calls: Vec<u64> = names.iter().map(|name| story.call_of("phone", *name, json!({}), None)).collect();
        for call in calls {
            story.returned(call, true);
        }
    }

    #[test]
    fn commands_at_once_have_every_order_and_others_have_one() {
        let mut story = Story::new();
        story.told("phone", O::Record, json!({}));
        at_once(&mut story, &[O::Reset, O::SyncNow]);
        story.told("phone", O::StopSync, json!({}));
        let (before, after) = (O::Record, O::StopSync);
        let expected = [vec![before, O::Reset, O::SyncNow, after], vec![before, O::SyncNow, O::Reset, after]].to_vec();
        assert_eq!(orders(&story), Some(expected));
        let mut apart = Story::new();
        apart.told("phone", O::Reset, json!({}));
        apart.told("phone", O::SyncNow, json!({}));
        assert_eq!(orders(&apart), None);
    }

    #[test]
    fn what_had_returned_before_another_was_sent_comes_before_it() {
        let mut story = Story::new();
        let long = story.call_of("phone", O::CreateUser, json!({}), None);
        story.told("phone", O::Reset, json!({}));
        story.told("phone", O::SyncNow, json!({}));
        story.returned(long, true);
        let orders = orders(&story).unwrap();
        assert_eq!(orders.len(), 3);
        let place = |order: &[O], name| order.iter().position(|one| *one == name);
        assert!(orders.iter().all(|order| place(order, O::Reset) < place(order, O::SyncNow)));
    }

    #[test]
    fn a_session_in_use_and_the_death_of_the_process_settle_the_order() {
        let asked =
            |story: &mut Story| story.call_of("phone", O::CreateUser, json!({"credential": "credential#1"}), None);
        let mut used = Story::new();
        let call = asked(&mut used);
        used.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        used.call(submit("phone", "session#1", "b-1", &["i-1"]), crate::rules::testing::response(200));
        used.told("phone", O::Reset, json!({}));
        used.returned(call, true);
        assert_eq!(orders(&used).map(|orders| orders.len()), Some(1));
        let mut killed = Story::new();
        let call = asked(&mut killed);
        killed.told("phone", O::Kill, json!({}));
        killed.told("phone", O::Launch, json!({}));
        killed.told("phone", O::Reset, json!({}));
        killed.returned(call, false);
        assert_eq!(orders(&killed), None);
    }

    #[test]
    fn six_commands_have_all_their_orders_and_more_have_too_many() {
        let many = |names: &[O]| {
            let mut story = Story::new();
            at_once(&mut story, names);
            orders(&story).map(|orders| orders.len())
        };
        assert_eq!(many(&[O::Reset; 6]), Some(720));
        assert_eq!(many(&[O::Reset; 7]), None);
        assert_eq!(many(&[O::Reset; 40]), None);
    }

    #[test]
    fn too_many_orders_leave_the_rest_undecided_and_what_came_before_certain() {
        let mut story = Story::new();
        story.told("phone", O::Record, json!({}));
        at_once(&mut story, &[O::Reset; 7]);
        let found = |places: &'static [u64]| {
            let mut timelines = InstallTimelines::default();
            story.events.iter().for_each(|event| timelines.observe(event));
            in_every_order(&Joined::of(&timelines), |_| {
                let finding = crate::rules::Finding::new("wrong", places.iter().copied());
                Evidence { exercised: 1, findings: vec![finding], ..Evidence::default() }
            })
        };
        let before = found(&[1, 2]);
        assert_eq!(before.findings.len(), 1);
        let after = found(&[1, 9]);
        assert_eq!((after.findings.len(), after.exercised), (0, 0));
        let reason = "7 commands of phone overlapped, in more than 720 possible orders";
        assert_eq!(after.undecided.as_deref(), Some(reason));
    }

    #[test]
    fn too_many_orders_in_one_scenario_leave_the_findings_of_the_next_certain() {
        let mut story = Story::new();
        at_once(&mut story, &[O::Reset; 7]);
        story.event(What::Scenario { name: "next".to_owned() });
        story.told("other", O::Record, json!({}));
        let mut timelines = InstallTimelines::default();
        story.events.iter().for_each(|event| timelines.observe(event));
        let last = story.events.last().map(|event| event.seq);
        let evidence = in_every_order(&Joined::of(&timelines), |_| {
            let found = |places: Vec<u64>| Finding::new("wrong", places);
            let findings = vec![found(vec![1, 2]), found(last.into_iter().collect())];
            Evidence { exercised: 2, findings, ..Evidence::default() }
        });
        let events: Vec<Vec<u64>> = evidence.findings.iter().map(|finding| finding.events.clone()).collect();
        assert_eq!(events, [last.into_iter().collect::<Vec<u64>>()]);
        assert_eq!((evidence.exercised, evidence.undecided), (2, None));
    }

    #[test]
    fn what_is_found_in_another_order_is_told_by_the_recorded_places() {
        let mut story = Story::new();
        at_once(&mut story, &[O::Reset, O::SyncNow]);
        let mut timelines = InstallTimelines::default();
        story.events.iter().for_each(|event| timelines.observe(event));
        let evidence = in_every_order(&Joined::of(&timelines), |joined| {
            let commands = &joined.timelines()[0].commands;
            let is_sync_first = commands[0].call.name == O::SyncNow;
            let place = commands.iter().find(|command| command.call.name == O::SyncNow).map(|command| command.seq);
            let finding = crate::rules::Finding::new("wrong", place);
            Evidence { findings: vec![finding; if is_sync_first { 1 } else { 2 }], ..Evidence::default() }
        });
        assert_eq!(evidence.findings.iter().map(|finding| finding.events.clone()).collect::<Vec<_>>(), [vec![2]]);
    }
}
