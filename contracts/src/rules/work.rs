//! Whether an SDK could be expected to submit what it holds, and within what time.

use serde_json::Value;

use super::Context;
use super::batches::kept;
use super::pace::{Moment, Pace};
use super::timelines::{CommandRecord, InstallTimeline, carried, given};
use super::tracker::Exchange;
use crate::history::Response;
use crate::protocol::{CommandName, Interval, Millis, ReplyName, SdkCommandName};

/// The first pause before a retry, if the contract gives none.
const BASE: Millis = Millis::from_secs(1);
const CAP: Millis = Millis::from_secs(300);

/// Commands after which syncs that were stopped are allowed again.
pub(crate) const LIFTING: &[SdkCommandName] =
    &[SdkCommandName::StartSync, SdkCommandName::SyncNow, SdkCommandName::ForwardPush, SdkCommandName::CreateUser];

/// The times of an SDK's syncs and retries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    /// The clock that measures these times.
    pub(crate) pace: Pace,
    /// The time between two rounds, unless the app sets another.
    pub(crate) interval: Option<Millis>,
    /// The first pause before a retry.
    pub(crate) base: Millis,
    pub(crate) cap: Millis,
    /// Whether the SDK begins to sync only when its app tells it to.
    is_told: bool,
}

/// The reason why no history of this SDK shows that something was due, if there is one. `needed` are further commands
/// that it takes.
pub(crate) fn lacks_occasion(context: &Context<'_>, needed: &[&str]) -> Option<String> {
    let has_none = context.lacks_commands(&["advance"]).is_some() && context.lacks_commands(&["sync_now"]).is_some();
    let reason = || "the adapter has neither the capability `advance` nor `sync_now`".to_owned();
    context.lacks_commands(needed).or_else(|| has_none.then(reason))
}

impl Habits {
    /// The times of the contract that was served.
    pub(crate) fn of(context: &Context<'_>) -> Self {
        Self {
            pace: Pace::of(context),
            interval: context.fact::<Interval>("sync.interval").and_then(|interval| interval.0),
            base: context.fact("sync.backoff_base").unwrap_or(BASE),
            cap: context.fact("sync.backoff_cap").unwrap_or(CAP),
            is_told: context.lacks_commands(&["start_sync"]).is_none(),
        }
    }

    /// The time within which the slowest conforming SDK retries: three rounds, or three of the longest pauses.
    pub(crate) fn timeout(&self, timeline: &InstallTimeline<'_>) -> Millis {
        let set = timeline
            .commands(&[SdkCommandName::SetInterval])
            .filter_map(|command| command.call.arguments.get("seconds")?.as_u64());
        let longest = set.map(Millis::from_secs).chain(self.interval).chain([self.cap]).max().unwrap_or(self.cap);
        Millis::new(longest.get().saturating_mul(3))
    }

    /// Whether the SDK had to have submitted by the end what it held at `place`, of this category: it had enough time, or
    /// it reported a sync as done that went past it.
    pub(crate) fn was_due(
        &self,
        timeline: &InstallTimeline<'_>,
        place: u64,
        at: Moment,
        category: Option<&str>,
    ) -> bool {
        self.has_had_time(timeline, place, at) || has_synced_past(timeline, place, at, category)
    }

    /// Whether the SDK had to be submitting since `place`, and had enough time until the history ended.
    pub(crate) fn has_had_time(&self, timeline: &InstallTimeline<'_>, place: u64, at: Moment) -> bool {
        let Some(since) = at_work_since(timeline, place, at) else { return false };
        is_syncing(timeline, place, self.is_told) && self.pace.between(since, timeline.ended) >= self.timeout(timeline)
    }
}

/// The time since which an install ran undisturbed, with a network. `None` if it did not at the end, or if it was
/// allowed to drop what it held.
fn at_work_since(timeline: &InstallTimeline<'_>, place: u64, at: Moment) -> Option<Moment> {
    use SdkCommandName as O;
    if is_dropped(timeline, place) {
        return None;
    }
    let (mut runs, mut online, mut since) = (true, true, at.later(resumed(timeline, place, at)?));
    for command in timeline.commands(&[O::Launch, O::Kill, O::Network, O::StartSync]) {
        match command.call.name {
            O::Launch => runs = true,
            O::Kill => runs = false,
            // Whatever was held while syncs were stopped is due from here on.
            O::StartSync => {}
            _ => online = command.call.arguments.get("online").and_then(Value::as_bool).unwrap_or(true),
        }
        if command.seq > place {
            since = command.began;
        }
    }
    // While the vendor refuses the app's key, nothing can be submitted.
    let keyless = timeline.spoke.iter().filter(|exchange| exchange.opened > place && is_key_refused(exchange));
    since = keyless.filter_map(|exchange| exchange.answered).fold(since, Moment::later);
    (runs && online).then_some(since)
}

/// Whether the install was told after `place` to drop what it held, or to keep it to itself and never to go on. A command
/// that was given before and done later counts too.
fn is_dropped(timeline: &InstallTimeline<'_>, place: u64) -> bool {
    use SdkCommandName as O;
    let is_later = |command: &&CommandRecord| command.done().is_none_or(|done| done > place);
    let mut ends = timeline.commands(&[O::Reset, O::Forget, O::LogOut]);
    let goes_on = |stop: &CommandRecord| {
        timeline.commands(&[O::StartSync]).any(|start| start.seq > stop.seq && start.done().is_some())
    };
    let stopped = timeline.commands(&[O::StopSync]).rfind(is_later);
    ends.any(|command| is_later(&command)) || stopped.is_some_and(|stop| !goes_on(stop))
}

/// The time since which an install that held something at `place` had a session again, or `at` if it never lost one.
/// `None` if the vendor said after `place` that the session can't be used any more, and it was not renewed. Also if it
/// said so just before, and the request at `place` may have crossed that answer.
fn resumed(timeline: &InstallTimeline<'_>, place: u64, at: Moment) -> Option<Moment> {
    let mut since = at;
    for exchange in &timeline.spoke {
        let Some((seq, answer)) = exchange.delivered() else { continue };
        let counts = seq >= place || exchange.answered.is_some_and(|heard| at.may_have_crossed(heard));
        let is_refused_again = is_refused_anew(timeline, exchange, answer);
        if seq >= place && is_hopeless_renewal(exchange) || counts && is_refused_again {
            return None;
        }
        if counts && ends_session(answer) {
            since = since.later(renewed_after(timeline, seq, answer)?);
        }
    }
    Some(since)
}

/// When an expired session was renewed: the SDK got a new one, and keeps what it held. A session that ended for another
/// reason is not renewed, and what the SDK held may end with it.
fn renewed_after(timeline: &InstallTimeline<'_>, place: u64, answer: &Response) -> Option<Moment> {
    if answer.reply != Some(ReplyName::SessionExpired) {
        return None;
    }
    let mut renewals = timeline.calls(CommandName::RefreshSession);
    renewals.find(|renewal| renewal.heard_done().is_some_and(|heard| heard > place))?.answered
}

/// Whether the SDK reported a sync as done that brought a younger item of the category, all of whose requests succeeded.
/// What the SDK held at `place` had to go out by then.
fn has_synced_past(timeline: &InstallTimeline<'_>, place: u64, at: Moment, category: Option<&str>) -> bool {
    if is_dropped(timeline, place) || resumed(timeline, place, at).is_none() {
        return false;
    }
    let mut records = timeline.commands(&[SdkCommandName::Record]);
    let younger: Vec<&str> = records
        .by_ref()
        .filter(|record| record.seq > place && record.text("category") == category)
        .filter_map(|record| record.text("id"))
        .collect();
    let mut syncs = timeline.commands(&[SdkCommandName::SyncNow]).filter(|sync| sync.seq > place);
    syncs.any(|sync| {
        let Some(done) = sync.done() else { return false };
        let during: Vec<&Exchange> =
            timeline.spoke.iter().copied().filter(|one| sync.seq < one.opened && one.opened < done).collect();
        let succeeded = during.iter().all(|one| one.heard_done().is_some_and(|heard| heard < done));
        succeeded && during.iter().any(|submit| kept(submit).iter().any(|id| younger.contains(id)))
    })
}

fn is_key_refused(exchange: &Exchange) -> bool {
    exchange.delivered().is_some_and(|(_, answer)| answer.reply.is_some_and(ReplyName::is_about_key))
}

/// Whether a bare 401 answers a request in a session that had been renewed. An SDK that is refused again after a
/// renewal may wait for its app.
fn is_refused_anew(timeline: &InstallTimeline<'_>, exchange: &Exchange, answer: &Response) -> bool {
    let renewed = timeline.calls(CommandName::RefreshSession).flat_map(|renewal| given(renewal, "session"));
    answer.status == 401 && renewed.into_iter().any(|session| carried(exchange, "session").any(|own| own == session))
}

/// Whether an answer says that the session of its request is over, or may mean that.
pub(crate) fn ends_session(answer: &Response) -> bool {
    use ReplyName as R;
    let over = [R::SessionMissing, R::SessionUnknown, R::SessionWasEnded, R::SessionExpired, R::InstallDeactivated];
    let gone = [R::UserDisabled, R::UserWasErased];
    // An SDK may read a bare 403 as the end of its session.
    answer.reply.map_or(answer.status == 403, |reply| over.contains(&reply) || gone.contains(&reply))
}

/// Whether the vendor refused to renew a session, in a way that no further try would change.
pub(crate) fn is_hopeless_renewal(exchange: &Exchange) -> bool {
    let is_hopeless = |(_, answer): (u64, &Response)| match answer.reply {
        Some(reply) => reply.is_refusal() && !matches!(reply, ReplyName::Throttled | ReplyName::Unavailable),
        None => (400..500).contains(&answer.status) && !matches!(answer.status, 408 | 425 | 429),
    };
    exchange.command() == Some(CommandName::RefreshSession) && exchange.delivered().is_some_and(is_hopeless)
}

/// Whether syncs were started and not stopped. For an SDK that is not told to start, whether a later batch shows that
/// it syncs.
fn is_syncing(timeline: &InstallTimeline<'_>, place: u64, is_told: bool) -> bool {
    use SdkCommandName as O;
    let started =
        timeline.commands(&[O::StartSync, O::StopSync, O::Reset, O::Forget]).rfind(|command| command.done().is_some());
    if started.is_some_and(|command| command.call.name == O::StartSync) {
        return true;
    }
    let mut later = super::batches::submits(timeline).into_iter().filter(|submit| submit.opened > place);
    !is_told && later.any(|submit| submit.heard_done().is_some())
}
