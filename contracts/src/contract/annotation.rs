//! The closed set of annotations, as types: what is read is what the published schema says.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::facts::Facts;
use crate::protocol::{CommandName, KeyKind};

/// Where a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// How sure it is.
    pub is: Is,
    /// The public text that says it, or for an assumed fact why it was assumed so.
    pub source: String,
    /// The day that text was read, as YYYY-MM-DD.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "day")]
    #[schemars(extend("format" = "date"))]
    pub read: Option<String>,
}

/// Reads a day, and keeps it as it is written.
pub(super) fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.parse::<jiff::civil::Date>() {
        Ok(_) if text.len() == "YYYY-MM-DD".len() => Ok(Some(text)),
        _ => Err(serde::de::Error::custom(format!("`{text}` is no day: write it as YYYY-MM-DD, in quotes"))),
    }
}

/// How sure a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Is {
    /// The vendor's public text says so.
    Documented,
    /// Public code or an example shows it.
    Inferred,
    /// Nothing public says it: it is ours.
    Assumed,
}

/// All annotations by the name they have in a contract. This is what `standin schema contract` publishes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Annotations of a Standin contract")]
pub struct Annotations {
    /// At the root: the vendor's name and the facts that shapes can't say.
    pub x_standin: Option<Facts>,
    /// At an operation: the step of the protocol that it is.
    pub x_command: Option<CommandBinding>,
    /// At a security scheme: what it carries.
    pub x_key: Option<KeyBinding>,
    /// At a schema node or parameter: the canonical field that it carries.
    pub x_field: Option<String>,
    /// At a schema node: how a moment is written: `iso-ms`, `epoch-s`, `epoch-ms`, or a strftime pattern.
    pub x_time: Option<String>,
    /// At a media type: how its bytes are read.
    pub x_body: Option<BodyBinding>,
    /// At a response or example: the replies that it encodes; `key_*` and `session_*` name families.
    pub x_reply: Option<ReplyBinding>,
    /// At a schema node of a response: replies that share a status are told apart here.
    pub x_tells: Option<bool>,
    /// At an operation, response or schema node: where the fact comes from.
    pub x_provenance: Option<Provenance>,
}

/// The names of all annotations.
pub(crate) const NAMES: &[&str] =
    &["x-standin", "x-command", "x-key", "x-field", "x-time", "x-body", "x-reply", "x-tells", "x-provenance"];

/// `x-command`: a command's name, or the name with the fields that the path implies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "CommandBinding")]
pub enum CommandBinding {
    /// The name alone.
    Name(CommandName),
    /// The name and the fields that the path implies.
    Set(CommandSet),
}

/// The long form of `x-command`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandSet {
    /// The command.
    pub name: CommandName,
    /// Fields with the constant value that the path implies.
    pub set: IndexMap<String, Value>,
}

/// `x-key`: what a security scheme carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum KeyBinding {
    /// The kind alone.
    Kind(KeyKind),
    /// The kind, with what stands before the key.
    Prefixed(KeyPrefix),
}

/// The long form of `x-key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyPrefix {
    /// What the scheme carries.
    pub kind: KeyKind,
    /// What stands before the key, such as `Token token=`.
    pub prefix: String,
}

/// `x-body`: how a body's bytes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BodyBinding {
    /// JSON; what JSON media types are unless told otherwise.
    Json,
    /// The text itself; what other media types are unless told otherwise.
    Text,
}

/// `x-reply`: one reply, or several that look alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ReplyBinding {
    /// One reply, or a family such as `key_*`.
    One(String),
    /// Several.
    Several(Vec<String>),
}
