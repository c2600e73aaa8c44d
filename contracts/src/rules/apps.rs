//! The behaviour of apps: what their users did, and the calls of their SDKs that they reported.
//!
//! A call is reported with the result of the command during which it was made. So the order of calls among themselves
//! is known, and their order relative to the SDK's requests to the vendor is not.

use serde_json::Value;

use super::timelines::{CommandRecord, InstallTimeline, over_installs};
use super::{Context, Evidence, Joined, Monitor};
use crate::history::Leg;
use crate::protocol::{CommandName, SdkCommandName};

/// A monitor that judges the app of each install. `needed` lists the capabilities that it requires.
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

/// A monitor for a rule about apps that compares installs, or looks at more than their commands.
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

/// A monitor that judges nothing, with the reason why.
pub(super) fn not_testable(why: String) -> Box<dyn Monitor> {
    Box::new(NotTestable(why))
}

struct NotTestable(String);

impl Monitor for NotTestable {
    fn finish(self: Box<Self>, _: &Joined<'_>) -> Evidence {
        Evidence { not_testable: Some(self.0), ..Evidence::default() }
    }
}

/// The calls that an app made to its SDK.
pub(super) fn made<'l>(
    timeline: &InstallTimeline<'l>,
    names: &'static [SdkCommandName],
) -> impl DoubleEndedIterator<Item = &'l CommandRecord> {
    timeline.commands(names).filter(|command| command.call.by_app)
}

/// The commands given to an app, as its user or its device would give them.
pub(super) fn commanded<'l>(
    timeline: &InstallTimeline<'l>,
    names: &'static [SdkCommandName],
) -> impl DoubleEndedIterator<Item = &'l CommandRecord> {
    timeline.commands(names).filter(|command| !command.call.by_app)
}

/// The label of the user who is logged in at `place`.
pub(super) fn logged_in<'l>(timeline: &InstallTimeline<'l>, place: u64) -> Option<&'l str> {
    let done = |command: &&CommandRecord| command.done().is_some_and(|done| done < place);
    let last = commanded(timeline, &[SdkCommandName::LogIn, SdkCommandName::LogOut]).rfind(done)?;
    last.call.user.as_deref().filter(|_| last.call.name == SdkCommandName::LogIn)
}

/// The user whom a call names, else the user who logged in last before it.
pub(super) fn for_whom<'l>(timeline: &InstallTimeline<'l>, made: &'l CommandRecord) -> Option<&'l str> {
    let last =
        || commanded(timeline, &[SdkCommandName::LogIn]).rfind(|command| command.seq < made.seq)?.call.user.as_deref();
    made.call.user.as_deref().or_else(last)
}

/// Whether no command for another app is open at `place`.
pub(super) fn is_alone(all: &[InstallTimeline<'_>], install: &str, place: u64) -> bool {
    let others = all.iter().filter(|other| other.install != install);
    others.flat_map(|other| &other.commands).all(|command| !command.is_open_at(place))
}

/// Whether the user of an app had logged out by `place`, and no other user had logged in since.
pub(super) fn has_logged_out(timeline: &InstallTimeline<'_>, place: u64) -> bool {
    // Calls made during a login belong to the user who logs in.
    let counts = |command: &&CommandRecord| match command.call.name {
        SdkCommandName::LogIn => command.seq < place,
        _ => command.done().is_some_and(|done| done < place),
    };
    let last = commanded(timeline, &[SdkCommandName::LogIn, SdkCommandName::LogOut]).rfind(counts);
    last.is_some_and(|last| last.call.name == SdkCommandName::LogOut)
}

/// The start of an app for its user: the first opening since its process began, or a login.
pub(super) struct Start<'l> {
    pub(super) command: &'l CommandRecord,
    pub(super) user: &'l str,
    /// The place in the history from which the app's calls belong to this start.
    pub(super) from: u64,
    pub(super) until: u64,
}

impl<'l> Start<'l> {
    /// The calls that the app made to its SDK during this start.
    pub(super) fn made(
        &self,
        timeline: &InstallTimeline<'l>,
        names: &'static [SdkCommandName],
    ) -> Vec<&'l CommandRecord> {
        made(timeline, names).filter(|command| self.from < command.seq && command.seq < self.until).collect()
    }
}

/// The commands that begin or end a start.
const USER_EVENTS: &[SdkCommandName] = &[
    SdkCommandName::Launch,
    SdkCommandName::Open,
    SdkCommandName::LogIn,
    SdkCommandName::LogOut,
    SdkCommandName::Kill,
];

/// The starts of an app during which its device was online, in order.
pub(super) fn starts<'l>(timeline: &InstallTimeline<'l>) -> Vec<Start<'l>> {
    let events: Vec<_> = commanded(timeline, USER_EVENTS).collect();
    let mut starts = Vec::new();
    for (index, command) in events.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| events[before]);
        let launch = before.filter(|before| before.call.name == SdkCommandName::Launch);
        let is_start = match command.call.name {
            SdkCommandName::Open => launch.is_some(),
            name => name == SdkCommandName::LogIn,
        };
        let Some(done) = command.done().filter(|_| is_start) else { continue };
        let until = events.get(index + 1).map_or(u64::MAX, |next| end_by(next));
        if let Some(user) = logged_in(timeline, done + 1).filter(|_| is_online(timeline, command.seq, until)) {
            let from = launch.map_or(command.seq, |launch| launch.seq);
            starts.push(Start { command, user, from, until });
        }
    }
    starts
}

/// The place at which a command ends the start before it. Calls that are reported with a kill were made before it.
fn end_by(event: &CommandRecord) -> u64 {
    match event.call.name {
        SdkCommandName::Kill => event.returned.as_ref().map_or(u64::MAX, |(seq, _)| *seq),
        _ => event.seq,
    }
}

/// Whether the device was online for the whole time.
fn is_online(timeline: &InstallTimeline<'_>, from: u64, until: u64) -> bool {
    let is_on = |command: &CommandRecord| command.call.arguments.get("online").and_then(Value::as_bool) != Some(false);
    let before = commanded(timeline, &[SdkCommandName::Network]).rfind(|command| command.seq < from).is_none_or(is_on);
    before
        && commanded(timeline, &[SdkCommandName::Network])
            .filter(|command| from < command.seq && command.seq < until)
            .all(is_on)
}

/// Whether a client backend was asked for a credential between two places, successfully or not.
pub(super) fn was_asked_for_credential(joined: &Joined<'_>, from: u64, until: u64) -> bool {
    joined.exchanges().iter().any(|exchange| {
        let is_issue = exchange.command() == Some(CommandName::IssueCredential);
        let is_asking = is_issue || exchange.request.leg == Leg::AppToBackend;
        is_asking && from < exchange.opened && exchange.opened < until
    })
}
