//! Pushes, as commands and apps tell of them.

use serde_json::Value;

use super::timelines::CommandRecord;

/// True if the harness noted that it made a push up in somebody else's name.
pub(super) fn is_foreign(told: &CommandRecord) -> bool {
    told.call.arguments.get("foreign").and_then(Value::as_bool) == Some(true)
}

/// What a push said, if that is told.
pub(super) fn payload(told: &CommandRecord) -> Option<&Value> {
    told.call.arguments.get("payload")
}
