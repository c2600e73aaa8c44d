//! The published JSON Schemas of what users write for a run, and read after it.

use schemars::schema_for;
use standin_test_suite::adapter::adapter_schema;
use standin_test_suite::driver::VerifyFile;
use standin_test_suite::report::RunDocument;

use crate::support::check_generated;

#[test]
fn the_published_schemas_are_those_of_the_types() {
    let schemas = [
        ("verify", schema_for!(VerifyFile).to_value()),
        ("report", schema_for!(RunDocument).to_value()),
        ("adapter", adapter_schema()),
    ];
    for (name, schema) in schemas {
        check_generated(&format!("contracts/schemas/{name}.json"), &format!("{schema:#}\n"));
    }
}
