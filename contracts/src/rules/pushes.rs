//! Pushes, as the commands that deliver them describe them.

use serde_json::Value;

use super::timelines::CommandRecord;

/// Whether the harness made the push up as one from another sender.
pub(super) fn is_foreign(command: &CommandRecord) -> bool {
    command.call.arguments.get("foreign").and_then(Value::as_bool) == Some(true)
}

/// The push's payload, if the command has one.
pub(super) fn payload(command: &CommandRecord) -> Option<&Value> {
    command.call.arguments.get("payload")
}
