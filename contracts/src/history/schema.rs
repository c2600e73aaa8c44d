//! The published JSON Schema of a history's lines.

use schemars::JsonSchema;
use serde_json::Value;

use super::{Event, Header};

/// A line of a Standin history. The first line is a header, and each further line is an event.
#[derive(JsonSchema)]
#[schemars(untagged, title = "A line of a Standin history")]
#[expect(dead_code, reason = "only its schema is used")]
enum Line {
    /// The first line.
    Header(Header),
    /// Every other line.
    Event(Box<Event>),
}

/// The JSON Schema of the lines of a history.
pub fn history_schema() -> Value {
    schemars::schema_for!(Line).to_value()
}
