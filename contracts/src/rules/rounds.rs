//! Rounds: batches that an SDK submitted together.

use serde_json::Value;

use super::batches::{batch_id, is_hopeful, submits};
use super::pace::{Moment, Pace};
use super::timelines::InstallTimeline;
use super::tracker::Exchange;
use crate::protocol::{Field, Millis, ReplyName};

/// The batches of one round, in the order in which they were sent. Never empty.
#[derive(Debug)]
pub(crate) struct Round<'l>(Vec<&'l Exchange>);

impl Round<'_> {
    /// The place in the history where the round began.
    pub(crate) fn opened(&self) -> u64 {
        self.0.first().map_or(0, |first| first.opened)
    }

    pub(crate) fn began(&self) -> Moment {
        self.0[0].began
    }

    /// Whether a batch of the round, sent at least `long` before `at`, is open at `place`. A batch sent at about the
    /// same time doesn't count: the rest of a round may be sent together with the next one.
    pub(crate) fn is_open_at(&self, place: u64, at: Moment, pace: Pace, long: Millis) -> bool {
        let is_open = |submit: &Exchange| {
            submit.opened < place && submit.answer_in_place().is_some_and(|(answered, _)| answered > place)
        };
        self.0.iter().any(|submit| is_open(submit) && pace.between(submit.began, at) >= long)
    }

    /// Whether a batch of the round failed for a temporary reason, or for its session or a key, so that it is sent
    /// again later.
    pub(crate) fn has_failed(&self) -> bool {
        let is_about_access = |submit: &Exchange| {
            let reply = submit.answer().and_then(|answer| answer.reply);
            let is_about_session = |reply: ReplyName| reply.is_refusal() && reply.as_str().starts_with("session_");
            reply.is_some_and(|reply| reply.is_about_key() || is_about_session(reply))
        };
        self.0.iter().any(|submit| is_hopeful(submit) || is_about_access(submit) || submit.answer().is_none())
    }

    /// The number that the SDK gives the round, if it gives one.
    pub(crate) fn number(&self) -> Option<&Value> {
        number(self.0[0])
    }

    fn holds(&self, submit: &Exchange) -> bool {
        batch_id(submit).is_some_and(|id| self.0.iter().any(|known| batch_id(known) == Some(id)))
    }
}

/// The rounds of an install: batches with the same number or, without numbers, batches less than `apart` from the
/// last. A batch that is sent again belongs to the round in which it was first submitted.
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
