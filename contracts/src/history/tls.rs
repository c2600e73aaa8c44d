//! Connections to the mock's TLS listeners, which show whether a client checks certificates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of a TLS listener, by the certificate or protocol that it offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TlsKind {
    /// A good certificate of the authority that clients are given.
    Good,
    /// A certificate of another authority, which has the same name.
    UntrustedAuthority,
    /// A certificate of the good authority for another host.
    WrongHost,
    /// A certificate of the good authority that has expired.
    Expired,
    /// A self-signed certificate.
    SelfSigned,
    /// No TLS of version 1.2 or later: every hello is refused with the alert `protocol_version`.
    OldProtocol,
}

/// A connection to a TLS listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsAttempt {
    /// The kind of listener.
    pub listener: TlsKind,
    /// The client's progress.
    pub went: TlsProgress,
}

/// The progress of a client on a connection to a TLS listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TlsProgress {
    /// The handshake did not succeed.
    TurnedAway,
    /// The handshake succeeded, and the client sent nothing after it.
    Silent,
    /// The handshake succeeded, and the client sent bytes after it.
    Spoke,
    /// The client sent plain text instead of TLS.
    InClear,
}
