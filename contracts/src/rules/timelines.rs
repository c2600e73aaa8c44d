//! Joins what happened to each install: what its SDK was told, and what it said to the vendor.
//!
//! An install is known by the label of its own base URL. Where one URL serves all, it is known by what belongs to one
//! install alone: its id, its sessions and the credential that it redeemed, as its answers and requests show them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::pace::Moment;
use super::tracker::{Exchange, Tracker};
use super::{Evidence, Joined, Monitor};
use crate::history::{Call, Event, Leg, Placeholder, Request, Return, What};
use crate::protocol::{CommandName, Field, SdkCommandName};

/// One command with what became of it.
#[derive(Debug)]
pub(crate) struct CommandRecord {
    /// The command's place in the history.
    pub(crate) seq: u64,
    pub(crate) began: Moment,
    pub(crate) call: Arc<Call>,
    /// What became of it, with its place in the history.
    pub(crate) returned: Option<(u64, Arc<Return>)>,
}

impl CommandRecord {
    /// Where it was done in the history, if the subject said so.
    pub(crate) fn done(&self) -> Option<u64> {
        self.returned.as_ref().filter(|(_, told)| told.success).map(|(seq, _)| *seq)
    }

    /// True if it had been given and had not returned at this place.
    pub(crate) fn is_open_at(&self, place: u64) -> bool {
        self.seq < place && self.returned.as_ref().is_none_or(|(seq, _)| *seq > place)
    }

    /// An argument, if it is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.call.arguments.get(name).and_then(Value::as_str)
    }
}

/// All that is known of one install, in order.
#[derive(Debug)]
pub(crate) struct InstallTimeline<'l> {
    pub(crate) install: String,
    pub(crate) told: Vec<&'l CommandRecord>,
    /// What it said to the vendor.
    pub(crate) spoke: Vec<&'l Exchange>,
    pub(crate) ended: Moment,
}

impl<'l> InstallTimeline<'l> {
    pub(crate) fn commands(
        &self,
        names: &'static [SdkCommandName],
    ) -> impl DoubleEndedIterator<Item = &'l CommandRecord> {
        self.told.iter().copied().filter(move |told| names.contains(&told.call.name))
    }

    pub(crate) fn calls(&self, command: CommandName) -> impl DoubleEndedIterator<Item = &'l Exchange> {
        self.spoke.iter().copied().filter(move |exchange| exchange.command() == Some(command))
    }

    /// The command that a creation was made for: the last that gave what it carries, or else the last before it.
    pub(crate) fn command_for(&self, create: &Exchange) -> Option<&'l CommandRecord> {
        let own = |told: &&CommandRecord| {
            let credential = told.text("credential");
            let carries = carried(create, "credential").any(|label| credential == Some(label));
            let id = create.request.step.as_ref().and_then(|step| step.text(&Field::ExternalId));
            carries || credential.is_none() && id.is_some() && told.text("user_id") == id
        };
        let before = || self.commands(&[SdkCommandName::CreateUser]).filter(|told| told.seq < create.opened);
        before().rfind(own).or_else(|| before().next_back())
    }

    /// The place of the last command to let the user go that was carried out before this place; zero if there was none. What was
    /// asked for since is of the next user, though the command may have returned later.
    pub(crate) fn freed(&self, place: u64) -> u64 {
        let mut leaving = self.commands(&[SdkCommandName::Reset, SdkCommandName::Forget]);
        leaving.rfind(|told| told.done().is_some_and(|done| done < place)).map_or(0, |told| told.seq)
    }

    /// True if a command of these names was given between two places of the history.
    pub(crate) fn was_told(&self, names: &'static [SdkCommandName], after: u64, before: u64) -> bool {
        self.commands(names).any(|told| after < told.seq && told.seq < before)
    }
}

/// Collects what a history tells of installs.
#[derive(Debug, Default)]
pub(crate) struct InstallTimelines {
    tracker: Tracker,
    told: Vec<CommandRecord>,
    last: Option<Moment>,
}

impl InstallTimelines {
    pub(crate) fn observe(&mut self, event: &Event) {
        self.tracker.observe(event);
        self.last = Some(Moment::of(event));
        match &event.event {
            What::Call(call) => {
                self.told.push(CommandRecord {
                    seq: event.seq,
                    began: Moment::of(event),
                    call: call.clone(),
                    returned: None,
                });
            }
            What::Returned(returned) => self.note(event.seq, returned),
            _ => {}
        }
    }

    /// The installs, sorted by what they are called.
    pub(crate) fn timelines(&self) -> Vec<InstallTimeline<'_>> {
        let mut timelines: BTreeMap<&str, InstallTimeline<'_>> = BTreeMap::new();
        let Some(ended) = self.last else { return Vec::new() };
        let new =
            |install: &str| InstallTimeline { install: install.to_owned(), told: Vec::new(), spoke: Vec::new(), ended };
        for told in &self.told {
            let name = told.call.install.as_str();
            timelines.entry(name).or_insert_with(|| new(name)).told.push(told);
        }
        let mut owners = Owners::default();
        for exchange in self.tracker.exchanges().into_iter().filter(|exchange| is_of_an_install(&exchange.request)) {
            if let Some(name) = owners.of(exchange) {
                timelines.entry(name).or_insert_with(|| new(name)).spoke.push(exchange);
            }
        }
        timelines.into_values().collect()
    }

    /// The exchanges of all that were seen.
    pub(super) fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// True if no command was seen to the moment it was given: what an app told its SDK is known only afterwards.
    pub(super) fn is_blind(&self) -> bool {
        self.told.is_empty() || self.told.iter().any(|told| told.call.by_app)
    }

    fn note(&mut self, seq: u64, returned: &Arc<Return>) {
        let open = |told: &&mut CommandRecord| told.call.call == returned.call && told.returned.is_none();
        if let Some(told) = self.told.iter_mut().rev().find(open) {
            told.returned = Some((seq, returned.clone()));
        }
    }
}

/// A URL of its own says that an install spoke, even where it asked for nothing that the contract knows.
fn is_of_an_install(request: &Request) -> bool {
    request.leg == Leg::SdkToVendor || request.leg == Leg::BackendToVendor && request.install.is_some()
}

/// Which install each thing belongs to that no two installs share.
#[derive(Default)]
struct Owners<'l>(BTreeMap<&'l str, &'l str>);

impl<'l> Owners<'l> {
    /// The install that made a request, as far as anything tells; all that came of it is the install's too.
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

/// The labels of one kind in an answer, whether anybody heard it or not.
pub(crate) fn given<'l>(exchange: &'l Exchange, kind: &'static str) -> impl Iterator<Item = &'l str> {
    let placeholders = exchange.answer().map_or(&[][..], |answer| &answer.placeholders);
    placeholders
        .iter()
        .filter(move |placeholder| placeholder.kind() == kind)
        .map(|placeholder| placeholder.label.as_str())
}

/// Whom a create was for, as the vendor names the user, else as the client does.
pub(crate) fn whose(create: &Exchange) -> Option<&str> {
    let told = create.answer().and_then(|answer| answer.text(&Field::UserId));
    told.or_else(|| create.request.step.as_ref()?.text(&Field::ExternalId))
}

fn is_own(kind: &str) -> bool {
    matches!(kind, "credential" | "session" | "refresh")
}

/// A monitor that leaves the judging of each install's SDK to `judge`; `not_testable` says why this subject can't be put to the
/// test. Where the calls are an app's own, such a rule would mistake when they were made, and judges nothing.
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

/// The same for a rule that compares installs, or looks at more than them.
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
        // What an app wanted excuses much. Where no command was seen, a rule that looks at commands has nothing to go by.
        if self.not_testable.is_some() && joined.is_blind() {
            return Evidence { not_testable: self.not_testable, ..Evidence::default() };
        }
        let evidence = (self.judge)(joined);
        Evidence { not_testable: self.not_testable, ..evidence }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, answered, create, request, response, sdk, submit};

    /// Each install with the places of what it was told and of what it said.
    fn timelines(story: &Story) -> Vec<(String, Vec<u64>, Vec<u64>)> {
        let mut timelines = InstallTimelines::default();
        story.events.iter().for_each(|event| timelines.observe(event));
        let parts = |timeline: &InstallTimeline<'_>| {
            let told = timeline.told.iter().map(|told| told.seq).collect();
            (timeline.install.clone(), told, timeline.spoke.iter().map(|exchange| exchange.opened).collect())
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
    fn an_order_has_its_return_and_is_open_until_then() {
        let mut story = Story::new();
        let launch = story.call_of("phone", SdkCommandName::Launch, json!({}), None);
        story.event(What::Quiescent);
        story.returned(launch, true);
        let mut timelines = InstallTimelines::default();
        story.events.iter().for_each(|event| timelines.observe(event));
        let told = &timelines.timelines()[0].told[0];
        assert_eq!((told.done(), told.is_open_at(2), told.is_open_at(4)), (Some(3), true, false));
    }
}
