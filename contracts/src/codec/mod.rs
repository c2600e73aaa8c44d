//! The codec: HTTP messages to canonical calls and replies, and back. Both sides of the wire share it.
//!
//! The mock decodes requests and encodes replies; the reference clients encode commands and decode responses. All
//! four read the same compiled [`Shape`](crate::contract::Shape)s, so what one side writes, the other side reads.

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
