//! What apps do with their SDKs: what their users did, and the calls of their SDKs that they told of.
//!
//! A call is known once the command is answered in whose course it was made: so among calls the order holds, and between calls
//! and what the SDK said to the vendor it doesn't.

use serde_json::Value;

use super::timelines::{CommandRecord, InstallTimeline, over_installs};
use super::{Context, Evidence, Joined, Monitor};
use crate::history::Leg;
use crate::protocol::{CommandName, SdkCommandName};

/// A monitor that judges what each install's app did; `needed` are the capabilities without which it can't.
pub(super) fn each_app(
    context: &Context<'_>,
    needed: &[&str],
    judge: impl Fn(&InstallTimeline<'_>, &mut Evidence) + Send + 'static,
) -> Box<dyn Monitor> {
    over_apps(context, needed, move |joined| {
        let mut evidence = Evidence::default();
        joined.timelines().iter().for_each(|timeline| judge(timeline, &mut evidence));
        evidence
    })
}

/// The same for a rule that looks at more than what an install did.
pub(super) fn over_apps(
    context: &Context<'_>,
    needed: &[&str],
    judge: impl Fn(&Joined<'_>) -> Evidence + Send + 'static,
) -> Box<dyn Monitor> {
    match context.lacks_driven_app(needed) {
        Some(why) => not_testable(why),
        None => over_installs(None, judge),
    }
}

/// A monitor that judges nothing, for this reason.
pub(super) fn not_testable(why: String) -> Box<dyn Monitor> {
    Box::new(NotTestable(why))
}

struct NotTestable(String);

impl Monitor for NotTestable {
    fn finish(self: Box<Self>, _: &Joined<'_>) -> Evidence {
        Evidence { not_testable: Some(self.0), ..Evidence::default() }
    }
}

/// The calls of its SDK that an app made.
pub(super) fn made<'l>(
    timeline: &InstallTimeline<'l>,
    names: &'static [SdkCommandName],
) -> impl DoubleEndedIterator<Item = &'l CommandRecord> {
    timeline.commands(names).filter(|told| told.call.by_app)
}

/// What was ordered of an app, as its user or its device would have it.
pub(super) fn commanded<'l>(
    timeline: &InstallTimeline<'l>,
    names: &'static [SdkCommandName],
) -> impl DoubleEndedIterator<Item = &'l CommandRecord> {
    timeline.commands(names).filter(|told| !told.call.by_app)
}

/// The label of the user who had logged in at this place, and had not logged out.
pub(super) fn logged_in<'l>(timeline: &InstallTimeline<'l>, place: u64) -> Option<&'l str> {
    let done = |told: &&CommandRecord| told.done().is_some_and(|done| done < place);
    let last = commanded(timeline, &[SdkCommandName::LogIn, SdkCommandName::LogOut]).rfind(done)?;
    last.call.user.as_deref().filter(|_| last.call.name == SdkCommandName::LogIn)
}

/// For whom a call was made: as it says, else for the user who had logged in last.
pub(super) fn for_whom<'l>(timeline: &InstallTimeline<'l>, made: &'l CommandRecord) -> Option<&'l str> {
    let last = || commanded(timeline, &[SdkCommandName::LogIn]).rfind(|told| told.seq < made.seq)?.call.user.as_deref();
    made.call.user.as_deref().or_else(last)
}

/// True if nobody did anything with another app at this place.
pub(super) fn is_alone(all: &[InstallTimeline<'_>], install: &str, place: u64) -> bool {
    let others = all.iter().filter(|other| other.install != install);
    others.flat_map(|other| &other.told).all(|told| !told.is_open_at(place))
}

/// True if whoever used an app had logged out at this place, and nobody had logged in since.
pub(super) fn has_logged_out(timeline: &InstallTimeline<'_>, place: u64) -> bool {
    // What is done in the course of a login is done for whoever logs in.
    let counts = |told: &&CommandRecord| match told.call.name {
        SdkCommandName::LogIn => told.seq < place,
        _ => told.done().is_some_and(|done| done < place),
    };
    let last = commanded(timeline, &[SdkCommandName::LogIn, SdkCommandName::LogOut]).rfind(counts);
    last.is_some_and(|last| last.call.name == SdkCommandName::LogOut)
}

/// A start of an app for its user: it was opened for the first time since its process began, or its user logged in.
pub(super) struct Start<'l> {
    pub(super) command: &'l CommandRecord,
    pub(super) user: &'l str,
    /// From when on what the app does belongs to it.
    pub(super) from: u64,
    pub(super) until: u64,
}

impl<'l> Start<'l> {
    /// The app's calls of its SDK in its course.
    pub(super) fn made(
        &self,
        timeline: &InstallTimeline<'l>,
        names: &'static [SdkCommandName],
    ) -> Vec<&'l CommandRecord> {
        made(timeline, names).filter(|told| self.from < told.seq && told.seq < self.until).collect()
    }
}

/// What ends a start, and what makes one.
const TURNS: &[SdkCommandName] = &[
    SdkCommandName::Launch,
    SdkCommandName::Open,
    SdkCommandName::LogIn,
    SdkCommandName::LogOut,
    SdkCommandName::Kill,
];

/// The starts of an app that had a network, in order.
pub(super) fn starts<'l>(timeline: &InstallTimeline<'l>) -> Vec<Start<'l>> {
    let turns: Vec<_> = commanded(timeline, TURNS).collect();
    let mut starts = Vec::new();
    for (index, command) in turns.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| turns[before]);
        let launch = before.filter(|before| before.call.name == SdkCommandName::Launch);
        let is_start = match command.call.name {
            SdkCommandName::Open => launch.is_some(),
            name => name == SdkCommandName::LogIn,
        };
        let Some(done) = command.done().filter(|_| is_start) else { continue };
        let until = turns.get(index + 1).map_or(u64::MAX, |next| end_by(next));
        if let Some(user) = logged_in(timeline, done + 1).filter(|_| is_online(timeline, command.seq, until)) {
            let from = launch.map_or(command.seq, |launch| launch.seq);
            starts.push(Start { command, user, from, until });
        }
    }
    starts
}

/// Where a turn ends what went on before it: what is seen while an app is killed was made before.
fn end_by(turn: &CommandRecord) -> u64 {
    match turn.call.name {
        SdkCommandName::Kill => turn.returned.as_ref().map_or(u64::MAX, |(seq, _)| *seq),
        _ => turn.seq,
    }
}

/// True if a device had a network all the time.
fn is_online(timeline: &InstallTimeline<'_>, from: u64, until: u64) -> bool {
    let is_on = |told: &CommandRecord| told.call.arguments.get("online").and_then(Value::as_bool) != Some(false);
    let before = commanded(timeline, &[SdkCommandName::Network]).rfind(|told| told.seq < from).is_none_or(is_on);
    before
        && commanded(timeline, &[SdkCommandName::Network]).filter(|told| from < told.seq && told.seq < until).all(is_on)
}

/// True if a client backend was asked for a credential between two places, with whatever outcome.
pub(super) fn was_asked_for_credential(joined: &Joined<'_>, from: u64, until: u64) -> bool {
    joined.exchanges().iter().any(|exchange| {
        let is_issue = exchange.command() == Some(CommandName::IssueCredential);
        let is_asking = is_issue || exchange.request.leg == Leg::AppToBackend;
        is_asking && from < exchange.opened && exchange.opened < until
    })
}
