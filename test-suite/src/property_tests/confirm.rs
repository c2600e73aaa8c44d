//! Confirms that a failure recurs on a subject that was started for it.

use super::offence::{CaseResult, Offence};
use super::subject::Subject;
use crate::report::Recurrence;
use crate::run::RunError;

/// How often a failure must recur to count as sure.
pub(super) const SURE: u32 = 2;
/// How often a failure that doesn't recur each time is tried in all, to measure its rate.
pub(super) const RATE: u32 = 6;

pub(super) struct Confirmation {
    pub(super) seen: Recurrence,
    /// The last play in which it failed again.
    pub(super) last: Option<CaseResult>,
}

/// Plays the case twice on a fresh subject; if it doesn't fail both times, a few times more.
pub(super) async fn confirm<Q: Subject>(
    subject: &mut Q,
    case: &Q::Case,
    offence: &Offence,
) -> Result<Confirmation, RunError> {
    let (mut times, mut of, mut last) = (0, 0, None);
    while of < SURE || (times < of && of < RATE) {
        of += 1;
        let played = subject.play_afresh("confirm", case).await?;
        if played.shows(offence) {
            times += 1;
            last = Some(played);
        }
    }
    Ok(Confirmation { seen: Recurrence { times, of }, last })
}

impl Confirmation {
    /// Whether it failed each time.
    pub(super) fn is_sure(&self) -> bool {
        self.seen.is_sure()
    }
}
