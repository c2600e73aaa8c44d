//! The canonical vocabulary into which every vendor's wire format is translated.
//!
//! A [`Call`] is one protocol step requested of a vendor, and a [`Reply`] is its answer. A refusal is a reply too:
//! the engine has no errors.

mod call;
mod duration;
mod field;
mod habits;
mod interval;
mod names;
mod pauses;
mod sdk_command;
mod timestamp;
mod words;

pub use call::{Access, Call, Guard, Malformed, ProofState, Reply};
pub use duration::{BadDuration, Millis};
pub use field::{BadField, Field, FieldValue, Fields};
pub use habits::{ActiveDevices, Cors, Dedupe, MintPolicy};
pub use interval::Interval;
pub use names::{CommandName, KeyKind, ReplyName};
pub use pauses::Pauses;
pub use sdk_command::SdkCommandName;
pub use timestamp::{BadTimestamp, Timestamp};
pub use words::UnknownWord;
