//! What came of a connection to one of the mock's TLS listeners: whether its certificate was looked at.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a TLS listener shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TlsKind {
    /// A good certificate of the authority that clients are given.
    Good,
    /// A certificate of another authority, which has the same name.
    UntrustedAuthority,
    /// A good authority's certificate for another host.
    WrongHost,
    /// A good authority's certificate that was valid once.
    Expired,
    /// A certificate that vouches for itself.
    SelfSigned,
    /// No TLS of version 1.2 or later: every hello is turned away with the alert that says so.
    OldProtocol,
}

/// A connection to a TLS listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsAttempt {
    /// What the listener shows.
    pub listener: TlsKind,
    /// How far the client went.
    pub went: TlsProgress,
}

/// How far a client went with a TLS listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TlsProgress {
    /// There was no handshake.
    TurnedAway,
    /// There was a handshake, and nothing was sent after it.
    Silent,
    /// There was a handshake, and bytes were sent after it.
    Spoke,
    /// What came was no TLS: it was sent in clear.
    InClear,
}
