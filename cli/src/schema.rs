//! `standin schema`: the JSON Schemas of our own formats.

use schemars::SchemaGenerator;
use serde_json::{Value, json};
use standin_contracts::contract::Annotations;
use standin_contracts::history::{Event, Header};
use standin_test_suite::driver::BackendConfig;
use standin_test_suite::report::RunDocument;

use crate::args::SchemaOf;
use crate::output::{self, Failure};
use crate::settings::Settings;

/// Prints a schema.
pub(crate) fn run(format: SchemaOf) -> Result<u8, Failure> {
    let schema: Value = match format {
        SchemaOf::Contract => schemars::schema_for!(Annotations).into(),
        SchemaOf::Backend => schemars::schema_for!(BackendConfig).into(),
        SchemaOf::Serve => schemars::schema_for!(Settings).into(),
        SchemaOf::Report => schemars::schema_for!(RunDocument).into(),
        SchemaOf::History => line_of_history(),
    };
    output::print(&format!("{schema:#}\n")).map(|()| 0)
}

/// The first line is the header, and each other one an event.
fn line_of_history() -> Value {
    let mut types = SchemaGenerator::default();
    let lines = [types.subschema_for::<Header>(), types.subschema_for::<Event>()];
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of a history",
        "anyOf": lines,
        "$defs": types.take_definitions(true),
    })
}
