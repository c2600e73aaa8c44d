//! Deliveries to a client backend's receiver, as the vendor records them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::Timestamp;

/// One attempt to deliver messages, or to ask a receiver which app it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// The credentials that were sent: the partner key, or the proof in its place.
    pub credentials: Credentials,
    /// Whether the request only tests the receiver.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
    /// The app that the receiver must name, if it was asked for its app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// The messages that were delivered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Delivered>,
}

/// The credentials that a sender presents to a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Credentials {
    /// The credentials that the receiver was given.
    Valid,
    /// No credentials.
    Absent,
    /// Another user name, with the right password.
    WrongUser,
    /// The right user with another password, or a proof made with another secret.
    WrongPassword,
    /// The credentials that the receiver was given before its last start.
    Stale,
    /// The scheme with what is no base64.
    NotBase64,
    /// The scheme with base64 of a text without a colon.
    WithoutColon,
    /// Another scheme.
    OtherScheme,
    /// The header, with nothing in it.
    Empty,
    /// The header twice, each time with another password.
    Twice,
    /// The right user with a password of thousands of characters.
    Long,
}

impl Credentials {
    /// Credentials that no receiver can make sense of. It may refuse them with any status, but must not let them in.
    pub const GARBLED: [Self; 6] =
        [Self::NotBase64, Self::WithoutColon, Self::OtherScheme, Self::Empty, Self::Twice, Self::Long];

    /// Whether a receiver can't make sense of them.
    pub fn are_garbled(self) -> bool {
        Self::GARBLED.contains(&self)
    }

    /// The credentials in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "good credentials",
            Self::Absent => "no credentials",
            Self::WrongUser => "another user name",
            Self::WrongPassword => "another password",
            Self::Stale => "credentials that were replaced",
            Self::NotBase64 => "credentials that are no base64",
            Self::WithoutColon => "credentials without a colon",
            Self::OtherScheme => "credentials of another scheme",
            Self::Empty => "empty credentials",
            Self::Twice => "wrong credentials twice",
            Self::Long => "a very long password",
        }
    }
}

/// A message in a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivered {
    /// The message's id.
    pub id: String,
    /// The label of the user that it is about.
    pub user: String,
    /// The id of that user in the message.
    pub user_id: String,
    /// The message's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The time at which the message was made.
    pub at: Timestamp,
    /// The message's number among those made for its user, counted from 1.
    pub nth: u64,
}
