//! What the core of the reference SDK is told, and what it wants done.

use standin_contracts::protocol::{CommandName, Fields, Millis, ReplyName, Timestamp};

use super::stored::Stored;
use crate::adapter::{CommandResult, SdkCommand};

/// What the core is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The app, the device or its user wants something.
    Command {
        /// The number by which the core returns.
        call: u64,
        /// What.
        command: SdkCommand,
    },
    /// A request was answered.
    VendorAnswer {
        /// The request's number.
        number: u64,
        /// With what.
        answer: VendorAnswer,
    },
    /// No whole answer to a request came.
    NoAnswer {
        /// The request's number.
        number: u64,
    },
    /// Time has passed.
    Timer,
}

/// An answer of the vendor, decoded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VendorAnswer {
    /// The status.
    pub status: u16,
    /// The replies that it could be; none if it can't be read.
    pub replies: Vec<ReplyName>,
    /// The fields that came with it.
    pub fields: Fields,
    /// What its `Retry-After` says, if it has one.
    pub retry_after: Option<RetryAfter>,
}

/// What a `Retry-After` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// A number of seconds.
    Seconds(Millis),
    /// A moment, this far from the one at which the vendor answered.
    Date(Millis),
    /// Nothing that can be understood.
    Nonsense,
}

/// What the core wants done, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// To be stored before anything after it is done.
    Store(Box<Stored>),
    /// To be sent to the vendor.
    Send(Request),
    /// The answer to the request of this number is no longer waited for.
    GiveUp(u64),
    /// A call is over.
    Return {
        /// Its number.
        call: u64,
        /// What became of it.
        result: CommandResult,
    },
    /// Nothing happens before this moment unless something comes. Where it is not said, nothing does by time alone.
    WakeAt(Timestamp),
}

/// A request to the vendor.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Its number.
    pub number: u64,
    /// What is asked.
    pub command: CommandName,
    /// With what.
    pub fields: Fields,
    /// The session's token, if there is one.
    pub session: Option<String>,
}

impl RetryAfter {
    /// How long the vendor wants to be left alone, if it can be understood.
    pub const fn pause(self) -> Option<Millis> {
        match self {
            Self::Seconds(pause) | Self::Date(pause) => Some(pause),
            Self::Nonsense => None,
        }
    }
}
