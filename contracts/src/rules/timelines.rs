//! Joins the events of each install: the commands to its SDK, and the SDK's requests to the vendor.
//!
//! An install is identified by the label of its own base URL. If one URL serves all, it is identified by values that
//! belong to one install alone: its id, its sessions and the credential that it redeemed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::orders::in_every_order;
use super::pace::Moment;
use super::tracker::{Exchange, Tracker};
use super::{Evidence, Joined, Monitor};
use crate::history::{Call, Event, Leg, Placeholder, Request, Return, What};
use crate::protocol::{CommandName, Field, SdkCommandName};

/// A command with its result.
#[derive(Debug)]
pub(crate) struct CommandRecord {
    /// The command's place in the history.
    pub(crate) seq: u64,
    pub(crate) began: Moment,
    pub(crate) call: Arc<Call>,
    /// The result, with its place in the history.
    pub(crate) returned: Option<(u64, Arc<Return>)>,
    /// The time of the result.
    pub(crate) ended: Option<Moment>,
}

impl CommandRecord {
    /// The place where the command was done, if it succeeded.
    pub(crate) fn done(&self) -> Option<u64> {
        self.returned.as_ref().filter(|(_, result)| result.success).map(|(seq, _)| *seq)
    }

    /// Whether the command was given before `place` and had not returned by then.
    pub(crate) fn is_open_at(&self, place: u64) -> bool {
        self.seq < place && self.returned.as_ref().is_none_or(|(seq, _)| *seq > place)
    }

    /// Whether the command returned, with success or without.
    pub(crate) fn is_over(&self) -> bool {
        self.returned.is_some()
    }

    /// An argument, if it is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.call.arguments.get(name).and_then(Value::as_str)
    }
}

/// The history of one install, in order.
#[derive(Debug)]
pub(crate) struct InstallTimeline<'l> {
    pub(crate) install: String,
    pub(crate) commands: Vec<&'l CommandRecord>,
    /// The install's requests to the vendor.
    pub(crate) spoke: Vec<&'l Exchange>,
    pub(crate) ended: Moment,
}

impl<'l> InstallTimeline<'l> {
    pub(crate) fn commands(
        &self,
        names: &'static [SdkCommandName],
    ) -> impl DoubleEndedIterator<Item = &'l CommandRecord> {
        self.commands.iter().copied().filter(move |command| names.contains(&command.call.name))
    }

    pub(crate) fn calls(&self, command: CommandName) -> impl DoubleEndedIterator<Item = &'l Exchange> {
        self.spoke.iter().copied().filter(move |exchange| exchange.command() == Some(command))
    }

    /// The command that a creation was made for: the last one with the same credential or id, else the last one
    /// before it.
    pub(crate) fn command_for(&self, create: &Exchange) -> Option<&'l CommandRecord> {
        let own = |command: &&CommandRecord| {
            let credential = command.text("credential");
            let carries = carried(create, "credential").any(|label| credential == Some(label));
            let id = create.request.step.as_ref().and_then(|step| step.text(&Field::ExternalId));
            carries || credential.is_none() && id.is_some() && command.text("user_id") == id
        };
        let before = || self.commands(&[SdkCommandName::CreateUser]).filter(|command| command.seq < create.opened);
        before().rfind(own).or_else(|| before().next_back())
    }

    /// Whether a command takes effect after this creation: it was sent after the answer, or behind the creation's own
    /// command while that was open.
    pub(crate) fn is_behind(&self, command: &CommandRecord, create: &Exchange) -> bool {
        create.heard_done().is_some_and(|heard| command.seq > heard)
            || self.command_for(create).is_some_and(|own| own.is_open_at(command.seq))
    }

    /// Whether the device had a network at this place, as far as it was told.
    pub(crate) fn is_online(&self, place: u64) -> bool {
        let last = self.commands(&[SdkCommandName::Network]).rfind(|command| command.seq < place);
        last.is_none_or(|command| command.call.arguments.get("online").and_then(Value::as_bool) != Some(false))
    }

    /// The place of the last `reset` or `forget` that was done before `place`. Zero if there was none. Later commands
    /// are for the next user, even if the release returned after them.
    pub(crate) fn freed(&self, place: u64) -> u64 {
        let mut leaving = self.commands(&[SdkCommandName::Reset, SdkCommandName::Forget]);
        leaving.rfind(|command| command.done().is_some_and(|done| done < place)).map_or(0, |command| command.seq)
    }

    /// The command that set the device's clock wrong, if the clock is wrong at `place`.
    pub(crate) fn wrong_clock(&self, place: u64) -> Option<&'l CommandRecord> {
        let set = self.commands(&[SdkCommandName::DeviceClock]).rfind(|command| command.seq < place)?;
        let offset = set.call.arguments.get("offset_ms").and_then(Value::as_i64)?;
        (set.done().is_some() && offset != 0).then_some(set)
    }

    /// Whether the SDK had a turn between two places of the history: it sent a request, or a command that lets it send one
    /// was given and returned.
    pub(crate) fn had_turn(&self, after: u64, before: u64) -> bool {
        use SdkCommandName as O;
        let is_turn =
            |command: &&CommandRecord| !matches!(command.call.name, O::Kill | O::Network | O::DeviceClock | O::State);
        let is_between = |place: u64| after < place && place < before;
        self.spoke.iter().any(|one| is_between(one.opened))
            || self.commands.iter().copied().filter(is_turn).any(|command| is_between(command.seq) && command.is_over())
    }

    /// Whether the SDK had a reason to submit what it holds between two places of the history: it submitted something, or
    /// a command to sync or to let time pass was given and returned.
    pub(crate) fn had_sync(&self, after: u64, before: u64) -> bool {
        use SdkCommandName as O;
        let is_between = |place: u64| after < place && place < before;
        self.calls(CommandName::SubmitBatch).any(|submit| is_between(submit.opened))
            || self
                .commands(&[O::StartSync, O::SyncNow, O::ForwardPush, O::Advance])
                .any(|command| is_between(command.seq) && command.is_over())
    }

    /// Whether one of these commands was given between two places of the history.
    pub(crate) fn was_told(&self, names: &'static [SdkCommandName], after: u64, before: u64) -> bool {
        self.commands(names).any(|command| after < command.seq && command.seq < before)
    }
}

/// Collects the events of installs from a history.
#[derive(Debug, Default)]
pub(crate) struct InstallTimelines {
    tracker: Tracker,
    commands: Vec<CommandRecord>,
    events: Vec<Event>,
}

impl InstallTimelines {
    pub(crate) fn observe(&mut self, event: &Event) {
        self.tracker.observe(event);
        self.events.push(event.clone());
        match &event.event {
            What::Call(call) => {
                self.commands.push(CommandRecord {
                    seq: event.seq,
                    began: Moment::of(event),
                    call: call.clone(),
                    returned: None,
                    ended: None,
                });
            }
            What::Returned(returned) => self.note(event, returned),
            _ => {}
        }
    }

    /// The installs, sorted by name.
    pub(crate) fn timelines(&self) -> Vec<InstallTimeline<'_>> {
        let mut timelines: BTreeMap<&str, InstallTimeline<'_>> = BTreeMap::new();
        let Some(ended) = self.events.last().map(Moment::of) else { return Vec::new() };
        let new = |install: &str| InstallTimeline {
            install: install.to_owned(),
            commands: Vec::new(),
            spoke: Vec::new(),
            ended,
        };
        for command in &self.commands {
            let name = command.call.install.as_str();
            timelines.entry(name).or_insert_with(|| new(name)).commands.push(command);
        }
        let mut owners = Owners::default();
        for exchange in self.tracker.exchanges().into_iter().filter(|exchange| is_of_an_install(&exchange.request)) {
            if let Some(name) = owners.of(exchange) {
                timelines.entry(name).or_insert_with(|| new(name)).spoke.push(exchange);
            }
        }
        timelines.into_values().collect()
    }

    /// All events that were observed.
    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }

    /// The tracker of all exchanges.
    pub(super) fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// Whether the exact times of commands are unknown: there were none, or an app gave some of them.
    pub(super) fn is_blind(&self) -> bool {
        self.commands.is_empty() || self.commands.iter().any(|command| command.call.by_app)
    }

    fn note(&mut self, event: &Event, returned: &Arc<Return>) {
        let open = |command: &&mut CommandRecord| command.call.call == returned.call && command.returned.is_none();
        if let Some(command) = self.commands.iter_mut().rev().find(open) {
            command.returned = Some((event.seq, returned.clone()));
            command.ended = Some(Moment::of(event));
        }
    }
}

/// A request to an install's own URL is the install's, even if the contract does not know the operation.
fn is_of_an_install(request: &Request) -> bool {
    request.leg == Leg::SdkToVendor || request.leg == Leg::BackendToVendor && request.install.is_some()
}

/// The install that each unshared value belongs to.
#[derive(Default)]
struct Owners<'l>(BTreeMap<&'l str, &'l str>);

impl<'l> Owners<'l> {
    /// The install that made a request, as far as the history shows. All values in the exchange then belong to it.
    fn of(&mut self, exchange: &'l Exchange) -> Option<&'l str> {
        let things = || asked_with(exchange).chain(answered_with(exchange));
        let known = || things().find_map(|thing| self.0.get(thing).copied());
        let name = exchange.request.install.as_deref().or_else(known).or_else(|| things().next())?;
        for thing in things() {
            self.0.entry(thing).or_insert(name);
        }
        Some(name)
    }
}

fn asked_with(exchange: &Exchange) -> impl Iterator<Item = &str> {
    let id = exchange.request.step.as_ref().and_then(|step| step.text(&Field::InstallId));
    id.into_iter().chain(own(&exchange.request.placeholders))
}

fn answered_with(exchange: &Exchange) -> impl Iterator<Item = &str> {
    let answer = exchange.answer();
    let id = answer.and_then(|answer| answer.text(&Field::InstallId));
    id.into_iter().chain(own(answer.map_or(&[], |answer| &answer.placeholders)))
}

fn own(placeholders: &[Placeholder]) -> impl Iterator<Item = &str> {
    placeholders.iter().filter(|placeholder| is_own(placeholder.kind())).map(|placeholder| placeholder.label.as_str())
}

/// The labels of one kind in a request, such as its sessions.
pub(crate) fn carried<'l>(exchange: &'l Exchange, kind: &'static str) -> impl Iterator<Item = &'l str> {
    exchange
        .request
        .placeholders
        .iter()
        .filter(move |placeholder| placeholder.kind() == kind)
        .map(|placeholder| placeholder.label.as_str())
}

/// The labels of one kind in an answer, even if the answer was lost.
pub(crate) fn given<'l>(exchange: &'l Exchange, kind: &'static str) -> impl Iterator<Item = &'l str> {
    let placeholders = exchange.answer().map_or(&[][..], |answer| &answer.placeholders);
    placeholders
        .iter()
        .filter(move |placeholder| placeholder.kind() == kind)
        .map(|placeholder| placeholder.label.as_str())
}

/// The user whom a create was for: the vendor's id, else the client's.
pub(crate) fn whose(create: &Exchange) -> Option<&str> {
    let id = create.answer().and_then(|answer| answer.text(&Field::UserId));
    id.or_else(|| create.request.step.as_ref()?.text(&Field::ExternalId))
}

fn is_own(kind: &str) -> bool {
    matches!(kind, "credential" | "session" | "refresh")
}

/// A monitor that passes each install to `judge`. `not_testable` is the reason why this subject can't exercise the
/// rule. If an app made the calls, their times are unknown, and such a rule judges nothing.
pub(super) fn each_install(
    not_testable: Option<String>,
    judge: impl Fn(&InstallTimeline<'_>, &mut Evidence) + Send + 'static,
) -> Box<dyn Monitor> {
    over_installs(not_testable, move |joined| {
        let mut evidence = Evidence::default();
        joined.timelines().iter().for_each(|timeline| judge(timeline, &mut evidence));
        evidence
    })
}

/// A monitor for a rule that compares installs, or looks at more than them.
pub(super) fn over_installs(
    not_testable: Option<String>,
    judge: impl Fn(&Joined<'_>) -> Evidence + Send + 'static,
) -> Box<dyn Monitor> {
    Box::new(OverInstalls { not_testable, judge })
}

struct OverInstalls<J> {
    not_testable: Option<String>,
    judge: J,
}

impl<J: Fn(&Joined<'_>) -> Evidence + Send> Monitor for OverInstalls<J> {
    fn finish(self: Box<Self>, joined: &Joined<'_>) -> Evidence {
        // A command may excuse what follows it. If the times of commands are unknown, a rule that needs them has
        // nothing to judge.
        if self.not_testable.is_some() && joined.is_blind() {
            return Evidence { not_testable: self.not_testable, ..Evidence::default() };
        }
        let evidence = in_every_order(joined, &self.judge);
        Evidence { not_testable: self.not_testable.or(evidence.not_testable), ..evidence }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, answered, create, request, response, sdk, submit};

    /// Each install with the places of its commands and of its requests.
    fn timelines(story: &Story) -> Vec<(String, Vec<u64>, Vec<u64>)> {
        let mut timelines = InstallTimelines::default();
        story.events.iter().for_each(|event| timelines.observe(event));
        let parts = |timeline: &InstallTimeline<'_>| {
            let commands = timeline.commands.iter().map(|command| command.seq).collect();
            (timeline.install.clone(), commands, timeline.spoke.iter().map(|exchange| exchange.opened).collect())
        };
        timelines.timelines().iter().map(parts).collect()
    }

    fn nameless(mut request: crate::history::Request) -> crate::history::Request {
        request.install = None;
        request
    }

    #[test]
    fn an_install_is_known_by_its_label() {
        let mut story = Story::new();
        story.told("phone", SdkCommandName::Launch, json!({}));
        story.told("tablet", SdkCommandName::Launch, json!({}));
        story.call(create("phone", "credential#1"), answered(ReplyName::UserCreated, json!({})));
        story.call(submit("tablet", "session#2", "b-1", &["i-1"]), response(200));
        let expected = [("phone".to_owned(), vec![1], vec![5]), ("tablet".to_owned(), vec![3], vec![7])];
        assert_eq!(timelines(&story), expected);
    }

    #[test]
    fn an_install_without_a_label_is_known_by_what_it_holds() {
        let mut story = Story::new();
        let signed_in =
            |session: &str, id: &str| answered(ReplyName::UserCreated, json!({"session": session, "install_id": id}));
        story.call(nameless(create("", "credential#1")), signed_in("session#1", "5a18"));
        story.call(nameless(create("", "credential#2")), signed_in("session#2", "9c07"));
        story.call(nameless(submit("", "session#2", "b-1", &["i-1"])), response(200));
        let renewed = answered(ReplyName::SessionRefreshed, json!({"session": "session#3"}));
        story.call(nameless(sdk("", CommandName::RefreshSession, Some("session#1"), json!({}))), renewed);
        story.call(nameless(submit("", "session#3", "b-2", &["i-2"])), response(200));
        let spoke: Vec<_> = timelines(&story).into_iter().map(|(_, _, spoke)| spoke).collect();
        assert_eq!(spoke, [vec![1, 7, 9], vec![3, 5]]);
    }

    #[test]
    fn a_request_that_tells_nothing_belongs_to_nobody() {
        let mut story = Story::new();
        story.call(request(Leg::SdkToVendor, "/anything"), response(404));
        story.call(request(Leg::BackendToVendor, "/anything"), response(404));
        assert_eq!(timelines(&story), []);
    }

    #[test]
    fn a_rule_that_rests_on_what_an_sdk_was_told_judges_nothing_where_an_app_told_it() {
        let judge = |_: &InstallTimeline<'_>, evidence: &mut Evidence| evidence.exercised += 1;
        let judged = |not_testable: Option<&str>| {
            let mut story = Story::new();
            story.made("phone", SdkCommandName::StopSync, json!({}), Some(true));
            story.seen_by(each_install(not_testable.map(str::to_owned), judge))
        };
        let mut commanded = Story::new();
        commanded.told("phone", SdkCommandName::StopSync, json!({}));
        assert_eq!(commanded.seen_by(each_install(Some("it lacks something".to_owned()), judge)).exercised, 1);
        assert_eq!(judged(None).exercised, 1);
        let blind = judged(Some("it is not seen to the moment"));
        assert_eq!((blind.exercised, blind.not_testable.as_deref()), (0, Some("it is not seen to the moment")));
    }

    #[test]
    fn a_command_has_its_return_and_is_open_until_then() {
        let mut story = Story::new();
        let launch = story.call_of("phone", SdkCommandName::Launch, json!({}), None);
        story.event(What::Quiescent);
        story.returned(launch, true);
        let mut timelines = InstallTimelines::default();
        story.events.iter().for_each(|event| timelines.observe(event));
        let command = &timelines.timelines()[0].commands[0];
        assert_eq!((command.done(), command.is_open_at(2), command.is_open_at(4)), (Some(3), true, false));
    }
}
