//! The errors of a call to the vendor.

use standin_contracts::contract::WireResponse;
use standin_contracts::protocol::{Millis, Timestamp};

use super::line::retry_after;
use super::vendor_client::Outcome;

/// The error of one attempt to call the vendor.
#[derive(Debug)]
pub enum CallError {
    /// An answer that is not a success.
    Answer(WireResponse),
    /// No complete answer in time.
    NoAnswer,
}

impl CallError {
    /// Whether the error is temporary, so that a retry may succeed.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Answer(answer) if matches!(answer.status, 429 | 500..=599))
    }

    /// The pause that the vendor asks for. None if it asks for none, or in a form that can't be parsed.
    pub fn told_to_wait(&self, now: Timestamp) -> Option<Millis> {
        let Self::Answer(answer) = self else { return None };
        retry_after(answer, now)
    }

    /// Whether the vendor asks for a pause, in a form that can be parsed or not.
    pub fn says_when(&self) -> bool {
        matches!(self, Self::Answer(answer) if answer.header("retry-after").is_some())
    }

    pub(super) fn into_outcome(self) -> Outcome {
        match self {
            Self::Answer(answer) if (400..500).contains(&answer.status) => Outcome::Refused(answer),
            Self::Answer(_) => Outcome::Unavailable,
            Self::NoAnswer => Outcome::Unheard,
        }
    }
}
