//! Whether an SDK could be expected to submit what it holds, and for how long.

use serde_json::Value;

use super::Context;
use super::pace::{Moment, Pace};
use super::timelines::{InstallTimeline, carried, given};
use super::tracker::Exchange;
use crate::history::Response;
use crate::protocol::{CommandName, Interval, Millis, ReplyName, SdkCommandName};

/// The vendor's own first pause before a retry, where the contract is silent.
const BASE: Millis = Millis::from_secs(1);
const CAP: Millis = Millis::from_secs(300);

/// After these, syncs that were stopped are lawful again.
pub(crate) const LIFTING: &[SdkCommandName] =
    &[SdkCommandName::StartSync, SdkCommandName::SyncNow, SdkCommandName::ForwardPush, SdkCommandName::CreateUser];

/// The times that an SDK lives by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    /// Whose clock its times are of.
    pub(crate) pace: Pace,
    /// How long it waits between two rounds, unless its app says otherwise.
    pub(crate) interval: Option<Millis>,
    /// The first pause before a retry.
    pub(crate) base: Millis,
    pub(crate) cap: Millis,
    /// True if the SDK begins to sync when its app tells it to.
    is_told: bool,
}

impl Habits {
    /// What the contract says, as it was in force.
    pub(crate) fn of(context: &Context<'_>) -> Self {
        Self {
            pace: Pace::of(context),
            interval: context.fact::<Interval>("sync.interval").and_then(|interval| interval.0),
            base: context.fact("sync.backoff_base").unwrap_or(BASE),
            cap: context.fact("sync.backoff_cap").unwrap_or(CAP),
            is_told: context.lacks_commands(&["start_sync"]).is_none(),
        }
    }

    /// How long the slowest lawful SDK takes to come back to what failed: three rounds, or three of the longest pauses.
    pub(crate) fn timeout(&self, timeline: &InstallTimeline<'_>) -> Millis {
        let told = timeline
            .commands(&[SdkCommandName::SetInterval])
            .filter_map(|told| told.call.arguments.get("seconds")?.as_u64());
        let longest = told.map(Millis::from_secs).chain(self.interval).chain([self.cap]).max().unwrap_or(self.cap);
        Millis::new(longest.get().saturating_mul(3))
    }

    /// True if the SDK had to be submitting what it holds since this place, and had time enough until the history ended.
    pub(crate) fn has_had_time(&self, timeline: &InstallTimeline<'_>, place: u64, at: Moment) -> bool {
        let Some(since) = at_work_since(timeline, place, at) else { return false };
        is_syncing(timeline, place, self.is_told) && self.pace.between(since, timeline.ended) >= self.timeout(timeline)
    }
}

/// Since when an install ran on undisturbed, with a network; nothing if it didn't at the end, or if what it held was lawfully
/// dropped.
fn at_work_since(timeline: &InstallTimeline<'_>, place: u64, at: Moment) -> Option<Moment> {
    use SdkCommandName as O;
    // One that was begun before and not done by then drops it just as well.
    let mut ends = timeline.commands(&[O::StopSync, O::Reset, O::Forget, O::LogOut]);
    let dropped = ends.any(|told| told.done().is_none_or(|done| done > place));
    if dropped || is_over(timeline, place, at) {
        return None;
    }
    let (mut runs, mut online, mut since) = (true, true, at);
    for told in timeline.commands(&[O::Launch, O::Kill, O::Network]) {
        match told.call.name {
            O::Launch => runs = true,
            O::Kill => runs = false,
            _ => online = told.call.arguments.get("online").and_then(Value::as_bool).unwrap_or(true),
        }
        if told.seq > place {
            since = told.began;
        }
    }
    // As long as the vendor doesn't take the key in the app, there is nothing to be submitted.
    let keyless = timeline.spoke.iter().filter(|exchange| exchange.opened > place && is_key_refused(exchange));
    since = keyless.filter_map(|exchange| exchange.answered).fold(since, Moment::later);
    (runs && online).then_some(since)
}

/// True if the vendor said after this place that the install's session can't be used any more, or just before it, so that what
/// was sent there crossed the word.
fn is_over(timeline: &InstallTimeline<'_>, place: u64, at: Moment) -> bool {
    let is_told = |exchange: &&Exchange| {
        let Some((seq, answer)) = exchange.delivered() else { return false };
        let is_end = ends_session(answer) || is_refused_anew(timeline, exchange, answer);
        is_end && (seq >= place || exchange.answered.is_some_and(|heard| at.may_have_crossed(heard)))
    };
    timeline.spoke.iter().copied().any(|exchange| is_told(&exchange))
        || timeline
            .spoke
            .iter()
            .any(|one| is_hopeless_renewal(one) && one.delivered().is_some_and(|(seq, _)| seq >= place))
}

fn is_key_refused(exchange: &Exchange) -> bool {
    exchange.delivered().is_some_and(|(_, answer)| answer.reply.is_some_and(ReplyName::is_about_key))
}

/// True if an answer to a request in a session that had been renewed says no more than that it isn't authorised: whoever renewed it
/// and is refused again may wait for its app.
fn is_refused_anew(timeline: &InstallTimeline<'_>, exchange: &Exchange, answer: &Response) -> bool {
    let renewed = timeline.calls(CommandName::RefreshSession).flat_map(|renewal| given(renewal, "session"));
    answer.status == 401 && renewed.into_iter().any(|session| carried(exchange, "session").any(|own| own == session))
}

/// True if an answer says that the session it was asked in is over, or may mean that.
pub(crate) fn ends_session(answer: &Response) -> bool {
    use ReplyName as R;
    let over = [R::SessionMissing, R::SessionUnknown, R::SessionWasEnded, R::SessionExpired, R::InstallDeactivated];
    let gone = [R::UserDisabled, R::UserWasErased];
    // Whoever is forbidden to go on, without a word why, may take that for the end of the session.
    answer.reply.map_or(answer.status == 403, |reply| over.contains(&reply) || gone.contains(&reply))
}

/// True if the vendor refused to renew a session, in a way that no other try would change.
pub(crate) fn is_hopeless_renewal(exchange: &Exchange) -> bool {
    let is_hopeless = |(_, answer): (u64, &Response)| match answer.reply {
        Some(reply) => reply.is_refusal() && !matches!(reply, ReplyName::Throttled | ReplyName::Unavailable),
        None => (400..500).contains(&answer.status) && !matches!(answer.status, 408 | 425 | 429),
    };
    exchange.command() == Some(CommandName::RefreshSession) && exchange.delivered().is_some_and(is_hopeless)
}

/// True if rounds were asked for and go on, or, of an SDK that isn't told when they begin, if a later batch shows that they do.
fn is_syncing(timeline: &InstallTimeline<'_>, place: u64, is_told: bool) -> bool {
    use SdkCommandName as O;
    let started =
        timeline.commands(&[O::StartSync, O::StopSync, O::Reset, O::Forget]).rfind(|told| told.done().is_some());
    if started.is_some_and(|told| told.call.name == O::StartSync) {
        return true;
    }
    let mut later = super::batches::submits(timeline).into_iter().filter(|submit| submit.opened > place);
    !is_told && later.any(|submit| submit.heard_done().is_some())
}
