//! A call to a vendor, and its reply.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CommandName, Field, FieldValue, Fields, KeyKind, ReplyName};

/// One key that an operation asks for, and the key that was sent for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The kind of key.
    pub kind: KeyKind,
    /// The key that was sent, if any.
    pub sent: Option<String>,
    /// The scopes that the key must have.
    pub scopes: Vec<String>,
}

/// One security alternative: the keys that together authorise a call. Of several alternatives, one is enough.
pub type Access = Vec<Guard>;

/// The reason why a request is malformed, found before its meaning is considered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// The body is larger than the limit.
    TooLarge {
        /// The largest body that is accepted, in bytes.
        limit: usize,
    },
    /// The body's media type is none of the operation's media types.
    UnsupportedMedia {
        /// The media type that was sent, in backquotes, or `absent`.
        got: String,
        /// The media types that the operation accepts.
        expected: Vec<String>,
    },
    /// The parameters or the body violate the contract's schema.
    Shape {
        /// The problems with their places, each a sentence for the sender.
        problems: Vec<String>,
        /// The field whose value is the only thing wrong, if there is one.
        field: Option<Field>,
    },
}

impl Malformed {
    /// The field whose value is the only thing wrong, if there is one.
    pub fn field(&self) -> Option<&Field> {
        match self {
            Self::Shape { field, .. } => field.as_ref(),
            Self::TooLarge { .. } | Self::UnsupportedMedia { .. } => None,
        }
    }

    /// The refusal that answers such a request.
    pub const fn reply(&self) -> ReplyName {
        match self {
            Self::TooLarge { .. } => ReplyName::TooLarge,
            Self::UnsupportedMedia { .. } => ReplyName::UnsupportedMedia,
            Self::Shape { .. } => ReplyName::Malformed,
        }
    }
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "the body is larger than {limit} bytes"),
            Self::UnsupportedMedia { got, expected } => {
                write!(f, "the media type is {got}, expected {}", expected.join(" or "))
            }
            Self::Shape { problems, .. } => f.write_str(&problems.join("; ")),
        }
    }
}

/// Whether the sender proved that it knows a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProofState {
    /// The operation asks for no proof.
    #[default]
    NotAsked,
    /// No proof was sent.
    Absent,
    /// The proof that was sent is wrong.
    Invalid,
    /// The proof that was sent is right.
    Valid,
}

/// One protocol step requested of a vendor: the command, the keys, and the fields or the reason why they are malformed.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The command.
    pub command: CommandName,
    /// The security alternatives, of which one is enough. Empty if the operation needs no key.
    pub access: Vec<Access>,
    /// The fields that were sent, or the reason why the request is malformed. A malformed request with a bad key is
    /// refused for its key.
    pub input: Result<Fields, Malformed>,
    /// Whether the proof is right, if the operation asks for one.
    pub proof: ProofState,
}

/// A vendor's answer, independent of any wire format.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The reply's name.
    pub name: ReplyName,
    /// The reply's fields.
    pub fields: Fields,
}

impl Reply {
    /// A reply without fields.
    pub fn new(name: ReplyName) -> Self {
        Self { name, fields: Fields::new() }
    }

    /// Adds a field, or replaces its value.
    pub fn with(mut self, field: Field, value: impl Into<FieldValue>) -> Self {
        self.fields.set(field, value);
        self
    }
}
