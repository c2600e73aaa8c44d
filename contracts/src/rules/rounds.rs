//! Rounds: batches that an SDK submitted in one go.

use serde_json::Value;

use super::batches::{batch_id, is_hopeful, submits};
use super::pace::{Moment, Pace};
use super::timelines::InstallTimeline;
use super::tracker::Exchange;
use crate::protocol::{Field, Millis, ReplyName};

/// Batches of one round, in the order they were sent; never none.
#[derive(Debug)]
pub(crate) struct Round<'l>(Vec<&'l Exchange>);

impl Round<'_> {
    /// Where it began in the history.
    pub(crate) fn opened(&self) -> u64 {
        self.0.first().map_or(0, |first| first.opened)
    }

    pub(crate) fn began(&self) -> Moment {
        self.0[0].began
    }

    /// True if a batch of it was under way at this place that had been sent so long before. One that is sent along with what
    /// stands there is no other round's affair: what was left of a round may travel with the next.
    pub(crate) fn is_open_at(&self, place: u64, at: Moment, pace: Pace, long: Millis) -> bool {
        let is_open = |submit: &Exchange| {
            submit.opened < place && submit.answer_in_place().is_some_and(|(answered, _)| answered > place)
        };
        self.0.iter().any(|submit| is_open(submit) && pace.between(submit.began, at) >= long)
    }

    /// True if a batch of it failed for a reason that passes, or for its session or a key, so that it comes again at another time.
    pub(crate) fn has_failed(&self) -> bool {
        let is_about_access = |submit: &Exchange| {
            let reply = submit.answer().and_then(|answer| answer.reply);
            let is_about_session = |reply: ReplyName| reply.is_refusal() && reply.as_str().starts_with("session_");
            reply.is_some_and(|reply| reply.is_about_key() || is_about_session(reply))
        };
        self.0.iter().any(|submit| is_hopeful(submit) || is_about_access(submit) || submit.answer().is_none())
    }

    /// The number that the SDK gives it, if it gives any.
    pub(crate) fn number(&self) -> Option<&Value> {
        number(self.0[0])
    }

    fn holds(&self, submit: &Exchange) -> bool {
        batch_id(submit).is_some_and(|id| self.0.iter().any(|known| batch_id(known) == Some(id)))
    }
}

/// The rounds of an install: batches with one number, or, where they have none, batches less than this apart. A batch that comes
/// again belongs to the round that it was first submitted in.
pub(crate) fn rounds<'l>(timeline: &InstallTimeline<'l>, pace: Pace, apart: Millis) -> Vec<Round<'l>> {
    let mut rounds: Vec<Round<'_>> = Vec::new();
    for submit in submits(timeline) {
        let belongs = |round: &&mut Round<'_>| {
            let last = round.0[round.0.len() - 1];
            let is_near = pace.between(last.began, submit.began) < apart;
            number(submit).zip(round.number()).map_or(is_near, |(one, other)| one == other)
        };
        let first = rounds.iter().rposition(|round| round.holds(submit));
        let round = match first {
            Some(place) => rounds.get_mut(place),
            None => rounds.last_mut().filter(belongs),
        };
        match round {
            Some(round) => round.0.push(submit),
            None => rounds.push(Round(vec![submit])),
        }
    }
    rounds
}

fn number(submit: &Exchange) -> Option<&Value> {
    submit.request.step.as_ref()?.fields.get(Field::Round.name().as_ref())
}
