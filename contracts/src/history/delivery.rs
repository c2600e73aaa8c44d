//! What the vendor delivered to a client backend's receiver, as the vendor knows it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::Timestamp;

/// One attempt to deliver messages, or to ask a receiver which app it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// What was shown as the partner key, or as the proof in its place.
    pub credentials: Credentials,
    /// True for a post that only tries the receiver.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
    /// The app that the receiver must say it is for, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// The messages that were delivered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Delivered>,
}

/// What a sender shows a receiver to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Credentials {
    /// What the receiver was given.
    Valid,
    /// None at all.
    Absent,
    /// A user of another name, with the right password.
    WrongUser,
    /// The right user with another password, or a proof made with another secret.
    WrongPassword,
    /// What the receiver was given before its last start.
    Stale,
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivered {
    /// Its id.
    pub id: String,
    /// The label of the user that it is about.
    pub user: String,
    /// That user as the message names it.
    pub user_id: String,
    /// What kind of message it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was made.
    pub at: Timestamp,
    /// The how-manieth it is of those made for its user.
    pub nth: u64,
}
