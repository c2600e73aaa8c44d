//! Commands to an SDK, and their results.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::protocol::SdkCommandName;

/// The argument of a `launch` that starts on a copy of another install's storage. Its value is that install's label.
pub const CLONE_OF: &str = "clone_of";

/// A command to a subject, or an SDK call that was observed inside an app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The number that links the call to its return.
    pub call: u64,
    /// The label of the install.
    pub install: String,
    /// The command.
    pub name: SdkCommandName,
    /// The arguments, redacted. The harness's own, such as `clone_of`, are among them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub arguments: Map<String, Value>,
    /// The label of the user that the command is for, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Whether the app made the call by itself. False if the harness gave the command.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_app: bool,
}

/// The result of a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Return {
    /// The number of its call.
    pub call: u64,
    /// Whether the subject reported success.
    pub success: bool,
    /// The subject's own reason for a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The values that the subject returned, redacted.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub value: Map<String, Value>,
}
