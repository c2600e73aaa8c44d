//! Transcripts of scenarios: each request with its answer and the calls made for it, in an order that is the same in
//! every run.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use standin_contracts::history::{Event, Leg, What};
use standin_contracts::protocol::{CommandName, Millis, SdkCommandName, Timestamp};
use standin_contracts::rules::{AppRequest, Exchange, Tracker, credentials};

use super::ends::ends;
use super::ids::{Ids, offset, plain};
use super::message::MessageFormatter;
use super::names::{IdNames, Line};
use super::order::{Deed, DeedKind, groups, ordered};

/// The transcript of one scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// The name of the scenario.
    pub scenario: String,
    /// The text of its snapshot, or why there is none.
    pub text: Result<String, String>,
}

/// The transcripts of a history's scenarios, in the order they were played.
pub fn transcripts(vendor: &str, events: &[&Event]) -> Vec<Transcript> {
    let recorded = RecordedScenarios::of(events);
    let starts: Vec<(u64, &str)> = events.iter().filter_map(|event| scenario(event)).collect();
    let ends = starts.iter().skip(1).map(|(seq, _)| *seq).chain([u64::MAX]);
    let each = starts.iter().zip(ends).map(|((start, name), end)| Transcript {
        scenario: (*name).to_owned(),
        text: recorded.part(*start, end).map(|text| format!("{name}, {vendor}\n\n{text}")),
    });
    each.collect()
}

fn scenario(event: &Event) -> Option<(u64, &str)> {
    match &event.event {
        What::Scenario { name } => Some((event.seq, name)),
        _ => None,
    }
}

/// A request with its answer, and the calls made for it in between.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) opened: u64,
    pub(super) closed: u64,
    /// The install that sent the request, if one did.
    pub(super) install: Option<String>,
    /// The request's sender and time, if an install sent it.
    pub(super) submitted: Option<Submitted>,
    asked: Vec<Line>,
    inner: Vec<Item>,
    answered: Vec<Line>,
}

/// A request of an install. Those of different operations may be concurrent, so that their order means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Submitted {
    install: String,
    operation: String,
    /// Whether the request depends on no concurrent one.
    is_apart: bool,
    at: Timestamp,
}

impl Submitted {
    fn of(exchange: &Exchange, at: Timestamp) -> Option<Self> {
        use CommandName as C;
        let request = &exchange.request;
        let is_apart = matches!(exchange.command(), Some(C::SubmitBatch | C::ReportPermissions | C::RegisterPush));
        let operation = request.operation.clone().unwrap_or_default();
        Some(Self { install: request.install.clone()?, operation, is_apart, at })
    }

    /// Whether both may have been sent concurrently, though one was answered before the other arrived.
    pub(super) fn may_be_beside(&self, other: &Self) -> bool {
        let is_near = self.at.since(other.at).max(other.at.since(self.at)) < SIDE_BY_SIDE;
        self.is_apart && other.is_apart && is_near && self.install == other.install && self.operation != other.operation
    }
}

/// Requests of an SDK within this time may have been sent concurrently.
pub(super) const SIDE_BY_SIDE: Millis = Millis::from_secs(1);

/// The content of a history, ready to be cut into scenarios.
#[derive(Default)]
struct RecordedScenarios {
    items: Vec<Item>,
    /// The harness's actions and the SDKs' commands, in order.
    deeds: Vec<Deed>,
    gaps: Vec<u64>,
}

impl RecordedScenarios {
    fn of(events: &[&Event]) -> Self {
        let mut tracker = Tracker::default();
        for event in events {
            tracker.observe(event);
        }
        let maker = Maker { ids: Ids::of(events, &tracker.app_requests()), times: times(events), ends: ends(events) };
        let mut recorded = Self { items: maker.items(&tracker), ..Self::default() };
        let mut commands = Commands::default();
        let mut before = None;
        for event in events {
            let deed = deed_line(event, before.unwrap_or(event.at), &maker.ids);
            let line = deed.or_else(|| commands.line(event, &maker.ids));
            recorded.deeds.extend(line.map(|line| Deed { seq: event.seq, kind: kind(event), line }));
            if matches!(event.event, What::Dropped { .. }) {
                recorded.gaps.push(event.seq);
            }
            before = Some(event.at);
        }
        recorded
    }

    fn part(&self, start: u64, end: u64) -> Result<String, String> {
        let within = |seq: u64| seq > start && seq < end;
        if self.gaps.iter().any(|seq| within(*seq)) {
            return Err("events of it were dropped from memory".to_owned());
        }
        let items: Vec<&Item> = self.items.iter().filter(|item| within(item.opened)).collect();
        let deeds: Vec<&Deed> = self.deeds.iter().filter(|deed| within(deed.seq)).collect();
        let mut page = Page::default();
        let mut told = 0;
        for group in ordered(&items, &deeds) {
            told = page.deeds(&deeds, told, group.after, (0, ""));
            page.group_once(&group.items);
            told = page.deeds(&deeds, told, group.until, (1, "meanwhile "));
        }
        page.deeds(&deeds, told, deeds.len(), (0, ""));
        Ok(page.text)
    }
}

/// What an event that is told causes.
fn kind(event: &Event) -> DeedKind {
    match &event.event {
        What::Call(call) if !call.by_app => {
            DeedKind::Command { install: call.install.clone(), kills: call.name == SdkCommandName::Kill }
        }
        What::Call(_) | What::Returned(_) => DeedKind::Told,
        _ => DeedKind::Action,
    }
}

/// The line of the harness's action in an event.
fn deed_line(event: &Event, before: Timestamp, ids: &Ids) -> Option<Line> {
    let words = deed(event, before)?;
    Some(match &event.event {
        // A fault may be for one install, whose label ends in the number of its scenario.
        What::Fault(_) => Line::new(0, ids.scan(&words, event.at)),
        _ => Line::text(0, words),
    })
}

/// The harness's action in an event, in words.
fn deed(event: &Event, before: Timestamp) -> Option<String> {
    match &event.event {
        What::Key(key) => Some(format!("{} is {} now", key.key, key.change)),
        What::Subject(subject) => Some(format!("backend {}", subject.change)),
        What::Fault(fault) => Some(format!("fault {}: {}", fault.change, fault.fault)),
        // Whether the clock was moved or ran there by itself depends on the machine.
        What::Clock(clock) if clock.change == "advance" => None,
        What::Clock(clock) => Some(format!("clock {}: {}", clock.change, offset(clock.now, before))),
        _ => None,
    }
}

/// The commands given to SDKs and apps that have no result yet.
#[derive(Default)]
struct Commands(BTreeMap<u64, (String, SdkCommandName)>);

impl Commands {
    /// The line of a command or of its result.
    fn line(&mut self, event: &Event, ids: &Ids) -> Option<Line> {
        match &event.event {
            What::Call(call) if call.name == SdkCommandName::Advance => {
                let span = Millis::new(call.arguments.get("by_ms")?.as_u64()?);
                Some(Line::text(0, format!("{span} pass for {}", plain(&call.install))))
            }
            What::Call(call) => {
                let install = plain(&call.install).to_owned();
                self.0.insert(call.call, (install.clone(), call.name));
                let user = call.user.iter().map(|user| format!("  for {}", plain(user))).collect::<String>();
                let told = call.arguments.iter().filter(|(name, _)| *name != "by_ms");
                let told: Vec<String> = told.map(|(name, value)| format!("{name}={value}")).collect();
                let speaks = if call.by_app { "app calls SDK" } else { "app" };
                let words = format!("{speaks} → {install}  {}({}){user}", call.name, told.join(", "));
                Some(Line::new(0, ids.scan(&words, event.at)))
            }
            What::Returned(told) => {
                let (install, name) = self.0.remove(&told.call)?;
                let how = match (&told.reason, told.success) {
                    (_, true) => "done".to_owned(),
                    (Some(reason), false) => format!("failed: {reason}"),
                    (None, false) => "failed".to_owned(),
                };
                let value = if told.value.is_empty() {
                    String::new()
                } else {
                    format!("  {}", Value::from(told.value.clone()))
                };
                let words = format!("{install} → app  {name} {how}{value}");
                Some(Line::new(0, ids.scan(&words, event.at)))
            }
            _ => None,
        }
    }
}

fn times(events: &[&Event]) -> BTreeMap<u64, Timestamp> {
    events.iter().map(|event| (event.seq, event.at)).collect()
}

struct Maker {
    ids: Ids,
    times: BTreeMap<u64, Timestamp>,
    ends: BTreeMap<u64, u64>,
}

impl Maker {
    fn items(&self, tracker: &Tracker) -> Vec<Item> {
        let requests = tracker.app_requests();
        let joined: Vec<(u64, Vec<&Exchange>)> = requests
            .iter()
            .map(|request| (request.exchange.request.exchange, self.surely(request, &requests)))
            .collect();
        let taken: BTreeSet<u64> =
            joined.iter().flat_map(|(_, calls)| calls).map(|call| call.request.exchange).collect();
        let mut inner: BTreeMap<u64, Vec<&Exchange>> = joined.into_iter().collect();
        let outer = tracker.exchanges().into_iter().filter(|exchange| !taken.contains(&exchange.request.exchange));
        outer
            .map(|exchange| {
                let calls = inner.remove(&exchange.request.exchange).unwrap_or_default();
                self.item(exchange, calls.into_iter().map(|call| self.item(call, Vec::new())).collect())
            })
            .collect()
    }

    /// The calls that were certainly made for a request, however the threads ran. While several requests are open,
    /// only a credential that is in both is proof.
    fn surely<'t>(&self, request: &AppRequest<'t>, all: &[AppRequest<'t>]) -> Vec<&'t Exchange> {
        let overlaps = |other: &AppRequest<'_>| {
            let (one, other) = (self.span(request.exchange), self.span(other.exchange));
            one.0 < other.1 && other.0 < one.1
        };
        let is_alone = all.iter().filter(|other| overlaps(other)).count() == 1;
        let handed = credentials(request.exchange);
        let is_sure = |call: &&Exchange| is_alone || !credentials(call).is_disjoint(&handed);
        request.calls.iter().copied().filter(is_sure).collect()
    }

    /// The first and last event of an exchange. Without an end, only an app's exchange counts as open.
    fn span(&self, exchange: &Exchange) -> (u64, u64) {
        let end = self.ends.get(&exchange.request.exchange).copied();
        let is_app = exchange.request.leg == Leg::AppToBackend;
        (exchange.opened, end.unwrap_or(if is_app { u64::MAX } else { exchange.opened + 1 }))
    }

    fn item(&self, exchange: &Exchange, inner: Vec<Item>) -> Item {
        let (opened, closed) = self.span(exchange);
        let at = |seq: u64| self.times.get(&seq).copied().unwrap_or(Timestamp::from_millis(0));
        let install = exchange.request.install.as_deref();
        let leg = exchange.request.leg;
        let formatter = |seq: u64| MessageFormatter { ids: &self.ids, at: at(seq), install };
        let mut answered = match exchange.answer() {
            Some(response) => formatter(closed).response(leg, response),
            None => vec![Line::text(0, format!("{}  no answer", formatter(closed).actors(leg, true)))],
        };
        let mut asked = formatter(opened).request(&exchange.request);
        if install.is_some() {
            // The time of an SDK's retry is random, and so are distances from it.
            asked.iter_mut().chain(&mut answered).for_each(Line::blur_times);
        }
        let submitted = Submitted::of(exchange, at(opened));
        Item { opened, closed, install: exchange.request.install.clone(), submitted, asked, inner, answered }
    }
}

/// The text of a transcript, while it is written.
#[derive(Default)]
struct Page {
    text: String,
    names: IdNames,
    /// The text of the last group, and whether its repetition was noted.
    last: (String, bool),
}

impl Page {
    fn say(&mut self, depth: usize, words: &str) {
        self.text += &format!("{}{words}\n", "  ".repeat(depth));
    }

    /// Writes the deeds from `told` up to `end`, each with this depth and these words before it, and returns how many
    /// are written by then.
    fn deeds(&mut self, deeds: &[&Deed], told: usize, end: usize, (depth, before): (usize, &str)) -> usize {
        for deed in deeds.get(told..end).unwrap_or_default() {
            let words = deed.line.write(|id| self.names.name(id));
            self.say(depth, &format!("{before}{words}"));
            self.last = (String::new(), false);
        }
        told.max(end)
    }

    /// Writes a group, unless it repeats the one before: the number of an SDK's retries is random.
    fn group_once(&mut self, items: &[&Item]) {
        let before = self.text.len();
        self.group(items, 0);
        let said = self.text.split_off(before);
        let is_of_sdk = items.iter().all(|item| item.submitted.is_some());
        if !is_of_sdk || said != self.last.0 {
            self.text += &said;
            self.last = (said, false);
        } else if !self.last.1 {
            self.say(1, "(and again)");
            self.last.1 = true;
        }
    }

    fn lines(&mut self, depth: usize, lines: &[Line]) {
        for line in lines {
            let words = line.write(|id| self.names.name(id));
            self.say(depth, &words);
        }
    }

    fn group(&mut self, items: &[&Item], depth: usize) {
        let depth = if items.len() > 1 {
            self.say(depth, "at once:");
            depth + 1
        } else {
            depth
        };
        for item in self.sorted(items) {
            self.lines(depth, &item.asked);
            for group in groups(item.inner.iter().collect()) {
                self.group(&group, depth + 1);
            }
            self.lines(depth, &item.answered);
        }
    }

    /// Sorts concurrent items by their text. An id without a name counts as its kind and the number of its uses,
    /// which distinguishes shared ids.
    fn sorted<'i>(&self, items: &[&'i Item]) -> Vec<&'i Item> {
        let mut shared: BTreeMap<_, usize> = BTreeMap::new();
        for item in items {
            let ids: BTreeSet<_> = item.all_lines().into_iter().flat_map(Line::ids).cloned().collect();
            for id in ids {
                *shared.entry(id).or_default() += 1;
            }
        }
        let word = |id: &_| match (self.names.known(id), shared.get(id)) {
            (Some(name), _) => name.to_owned(),
            (None, times) => format!("{}×{}", id.kind, times.copied().unwrap_or_default()),
        };
        let mut sorted = items.to_vec();
        sorted.sort_by_cached_key(|item| item.all_lines().into_iter().map(|line| line.write(word)).collect::<Vec<_>>());
        sorted
    }
}

impl Item {
    fn all_lines(&self) -> Vec<&Line> {
        let inner = self.inner.iter().flat_map(Item::all_lines);
        self.asked.iter().chain(inner).chain(&self.answered).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::names::{Id, Piece};

    fn line(text: &str, ids: &[&str]) -> Line {
        let id = |value: &&str| Piece::Id(Id { kind: "credential".to_owned(), value: (*value).to_owned() });
        let ids = ids.iter().flat_map(|value| [Piece::Text(" ".to_owned()), id(value)]);
        Line::new(0, [Piece::Text(text.to_owned())].into_iter().chain(ids).collect())
    }

    fn item(opened: u64, closed: u64, text: &str, ids: &[&str]) -> Item {
        let asked = vec![line(text, ids)];
        Item { opened, closed, install: None, submitted: None, asked, inner: Vec::new(), answered: Vec::new() }
    }

    fn page(items: Vec<Item>, deeds: &[(u64, &str)]) -> String {
        let deed = |(seq, deed): &(u64, &str)| Deed { seq: *seq, kind: DeedKind::Action, line: Line::text(0, *deed) };
        let deeds = deeds.iter().map(deed).collect();
        RecordedScenarios { items, deeds, gaps: Vec::new() }.part(0, u64::MAX).expect("nothing was dropped")
    }

    #[test]
    fn what_follows_stays_in_order_and_what_runs_at_once_is_sorted() {
        let items = vec![item(1, 2, "z", &[]), item(3, 9, "y", &[]), item(4, 5, "x", &[]), item(10, 11, "a", &[])];
        assert_eq!(page(items, &[]), "z\nat once:\n  x\n  y\na\n");
    }

    #[test]
    fn numbers_are_given_in_the_order_of_the_page() {
        let items = vec![item(1, 9, "second", &["b"]), item(2, 8, "first", &["a"]), item(10, 11, "then", &["b", "c"])];
        assert_eq!(
            page(items, &[]),
            "at once:\n  first credential#1\n  second credential#2\nthen credential#2 credential#3\n"
        );
    }

    #[test]
    fn which_of_several_came_first_shows_nowhere_even_if_two_share_what_they_got() {
        let told = |shared: [&str; 3]| {
            let items = shared.iter().enumerate().map(|(n, id)| item(n as u64 + 1, 9, "ask", &[id])).collect();
            page(items, &[])
        };
        assert_eq!(told(["a", "a", "b"]), told(["a", "b", "a"]));
        assert_eq!(told(["a", "a", "b"]), told(["b", "a", "a"]));
        assert_ne!(told(["a", "a", "b"]), told(["a", "b", "c"]));
    }

    #[test]
    fn what_is_done_in_the_meantime_is_told_after_it() {
        let deeds = [(1, "fault set"), (3, "fault cleared"), (6, "backend killed")];
        assert_eq!(
            page(vec![item(2, 5, "ask", &[])], &deeds),
            "fault set\nask\n  meanwhile fault cleared\nbackend killed\n"
        );
    }

    fn batch(opened: u64, operation: &str) -> Item {
        let (install, operation) = ("phone".to_owned(), operation.to_owned());
        let submitted =
            Submitted { install, operation: operation.clone(), is_apart: true, at: Timestamp::from_millis(0) };
        Item {
            install: Some("phone".to_owned()),
            submitted: Some(submitted),
            ..item(opened, opened + 1, &operation, &[])
        }
    }

    #[test]
    fn what_an_sdk_may_have_sent_at_once_is_told_so_whichever_came_first() {
        let said = "at once:\n  location\n  sms\n";
        assert_eq!(page(vec![batch(1, "sms"), batch(3, "location")], &[]), said);
        assert_eq!(page(vec![batch(1, "location"), batch(3, "sms")], &[]), said);
        assert_eq!(
            page(vec![batch(1, "sms"), batch(4, "location")], &[(3, "sync_now()")]),
            "sms\nsync_now()\nlocation\n"
        );
    }

    #[test]
    fn what_an_sdk_says_again_to_the_letter_is_told_once() {
        let items = (0..4).map(|nth| batch(2 * nth, "sms")).collect();
        assert_eq!(page(items, &[]), "sms\n  (and again)\n");
    }

    #[test]
    fn a_scenario_with_a_gap_has_no_transcript() {
        let recorded = RecordedScenarios { gaps: vec![5], ..RecordedScenarios::default() };
        assert!(recorded.part(1, 9).is_err() && recorded.part(6, 9).is_ok());
    }
}
