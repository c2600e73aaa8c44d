//! The words every vendor's wire format is translated into.
//!
//! A [`Call`] is one protocol step asked of a vendor, a [`Reply`] its answer. A refusal is a reply like any other: the
//! engine has no errors.

mod call;
mod duration;
mod field;
#[macro_use]
mod names;
mod order;
mod pauses;
mod timestamp;

pub use call::{Access, Call, Guard, Malformed, ProofState, Reply};
pub use duration::{BadDuration, Millis};
pub use field::{BadField, Field, FieldValue, Fields};
pub use names::{CommandName, KeyKind, ReplyName, UnknownWord};
pub use order::OrderName;
pub use pauses::Pauses;
pub use timestamp::{BadTimestamp, Timestamp};
