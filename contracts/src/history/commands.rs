//! What an SDK was told to do, and what it told of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::protocol::SdkCommandName;

/// The argument of a `launch` on a copy of another install's storage: that install's label.
pub const CLONE_OF: &str = "clone_of";

/// A command to a subject, or a call of an SDK that was seen inside an app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The number that joins it to its return.
    pub call: u64,
    /// The label of the install.
    pub install: String,
    /// What was to be done.
    pub name: SdkCommandName,
    /// With what, redacted; what the harness means by it besides stands there too, such as `clone_of`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub arguments: Map<String, Value>,
    /// The label of the user for whom it was, as far as there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// True if the app called its SDK so; false if the harness gave the command.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_app: bool,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Return {
    /// The number of its call.
    pub call: u64,
    /// True if the subject said that it was done.
    pub success: bool,
    /// The subject's own word for why it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it told, redacted.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub value: Map<String, Value>,
}
