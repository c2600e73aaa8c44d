//! The inputs and actions of the reference SDK's core.

use standin_contracts::protocol::{CommandName, Fields, Millis, ReplyName, Timestamp};

use super::stored::Stored;
use crate::adapter::{CommandResult, SdkCommand};

/// An input of the core.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A command of the app, the device or its user.
    Command {
        /// The number under which the core returns the result.
        call: u64,
        /// The command.
        command: SdkCommand,
    },
    /// An answer to a request.
    VendorAnswer {
        /// The request's number.
        number: u64,
        /// The answer.
        answer: VendorAnswer,
    },
    /// The end of a request without a complete answer.
    NoAnswer {
        /// The request's number.
        number: u64,
    },
    /// The passing of time.
    Timer,
}

/// A decoded answer of the vendor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VendorAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The replies that the answer could be. Empty if it can't be parsed.
    pub replies: Vec<ReplyName>,
    /// The fields of the answer.
    pub fields: Fields,
    /// Its `Retry-After`, if it has one.
    pub retry_after: Option<RetryAfter>,
}

/// The value of a `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// A number of seconds.
    Seconds(Millis),
    /// A date, as the time from the moment of the answer.
    Date(Millis),
    /// A value that can't be parsed.
    Nonsense,
}

/// An action of the core. Actions are carried out in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Stores the state, before any later action.
    Store(Box<Stored>),
    /// Sends a request to the vendor.
    Send(Request),
    /// Cancels the request with this number.
    GiveUp(u64),
    /// Returns the result of a call.
    Return {
        /// The call's number.
        call: u64,
        /// The result.
        result: CommandResult,
    },
    /// Sets the next timer. Without this action there is no timer.
    WakeAt(Timestamp),
}

/// A request to the vendor.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Its number.
    pub number: u64,
    /// The command.
    pub command: CommandName,
    /// The fields.
    pub fields: Fields,
    /// The session token, if there is one.
    pub session: Option<String>,
}

impl RetryAfter {
    /// The pause that the vendor asks for. None if it can't be parsed.
    pub const fn pause(self) -> Option<Millis> {
        match self {
            Self::Seconds(pause) | Self::Date(pause) => Some(pause),
            Self::Nonsense => None,
        }
    }
}
