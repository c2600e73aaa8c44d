//! The published JSON Schema of the adapter protocol.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::{About, AnswerLine, CommandResult, RequestLine, SdkCommand, Setup};

/// The JSON Schema of all messages. Each is below `$defs`, by its name.
pub fn adapter_schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    generator.subschema_for::<About>();
    generator.subschema_for::<Setup>();
    generator.subschema_for::<SdkCommand>();
    generator.subschema_for::<CommandResult>();
    generator.subschema_for::<RequestLine>();
    generator.subschema_for::<AnswerLine>();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The messages of Standin's adapter protocol",
        "description": "About, Setup, SdkCommand and CommandResult are the bodies; RequestLine and AnswerLine are the lines that carry them over \
                        standard input and output.",
        "$defs": generator.take_definitions(true),
    })
}
