//! One step asked of a vendor, and its answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CommandName, Field, FieldValue, Fields, KeyKind, ReplyName};

/// One key that an operation asks for, and what was sent for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// What kind of key.
    pub kind: KeyKind,
    /// The key that was sent, if any.
    pub sent: Option<String>,
    /// The scopes that the key must have.
    pub scopes: Vec<String>,
}

/// The guards that together open an operation. Of several alternatives, one is enough.
pub type Access = Vec<Guard>;

/// What is wrong with a request before anybody looked at what it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// The body is larger than this many bytes.
    TooLarge {
        /// The most that is accepted, in bytes.
        limit: usize,
    },
    /// The body's media type is none of the operation's.
    UnsupportedMedia {
        /// What was sent.
        got: String,
        /// What would be right.
        expected: Vec<String>,
    },
    /// Parameters or body break the contract's schema.
    Shape {
        /// What is wrong and where, each a sentence for the sender.
        problems: Vec<String>,
        /// The field whose value is all that is wrong, if it is a single one.
        field: Option<Field>,
    },
}

impl Malformed {
    /// The field whose value is all that is wrong, if it is a single one.
    pub fn field(&self) -> Option<&Field> {
        match self {
            Self::Shape { field, .. } => field.as_ref(),
            Self::TooLarge { .. } | Self::UnsupportedMedia { .. } => None,
        }
    }

    /// The refusal that this leads to.
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
    /// What was sent proves nothing.
    Invalid,
    /// The proof is good.
    Valid,
}

/// One step asked of a vendor: who asks, and what, or what was wrong with the asking.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What is asked.
    pub command: CommandName,
    /// The alternatives of keys that open the operation; empty means that anybody may call.
    pub access: Vec<Access>,
    /// The fields that came, or what was malformed: a bad request with a bad key is refused for its key.
    pub input: Result<Fields, Malformed>,
    /// Whether the proof, if one is asked for, is good.
    pub proof: ProofState,
}

/// A vendor's answer, free of any wire format.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// Which answer.
    pub name: ReplyName,
    /// What it tells.
    pub fields: Fields,
}

impl Reply {
    /// An answer without fields.
    pub fn new(name: ReplyName) -> Self {
        Self { name, fields: Fields::new() }
    }

    /// The same answer with one field more.
    pub fn with(mut self, field: Field, value: impl Into<FieldValue>) -> Self {
        self.fields.set(field, value);
        self
    }
}
