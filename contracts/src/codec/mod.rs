//! Wire to command and reply, and back: one codec for both sides.
//!
//! The mock decodes requests and encodes replies; the reference clients encode commands and decode responses. All four
//! read the same compiled [`Shape`](crate::contract::Shape)s, so what is placed by one is found by the other.

mod access;
mod ask;
mod body;
mod credential;
mod patterns;
mod problem;
mod push;
mod query;
mod reply;
mod request;
mod values;

pub use ask::{ClientKeys, EncodeError};
pub use credential::Claims;
pub use problem::problem;
pub use reply::Heard;
