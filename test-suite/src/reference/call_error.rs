//! What can be wrong with an attempt to call the vendor.

use standin_contracts::contract::WireResponse;
use standin_contracts::protocol::{Millis, Timestamp};

use super::line::retry_after;
use super::vendor_client::Outcome;

/// Why an attempt to call the vendor gave nothing.
#[derive(Debug)]
pub enum CallError {
    /// An answer that is none that was hoped for.
    Answer(WireResponse),
    /// No whole answer came, or not in time.
    NoAnswer,
}

impl CallError {
    /// True if it may be over in a moment.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Answer(answer) if matches!(answer.status, 429 | 500..=599))
    }

    /// How long the vendor said to stay away; nothing if it didn't, or in no way that can be understood.
    pub fn told_to_wait(&self, now: Timestamp) -> Option<Millis> {
        let Self::Answer(answer) = self else { return None };
        retry_after(answer, now)
    }

    /// True if the vendor said how long to stay away, whether it can be understood or not.
    pub fn says_when(&self) -> bool {
        matches!(self, Self::Answer(answer) if answer.header("retry-after").is_some())
    }

    pub(super) fn into_outcome(self) -> Outcome {
        match self {
            Self::Answer(answer) if (400..500).contains(&answer.status) => Outcome::InvalidFile(answer),
            Self::Answer(_) => Outcome::Unavailable,
            Self::NoAnswer => Outcome::Unheard,
        }
    }
}
