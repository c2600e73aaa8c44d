//! `standin schema`: the JSON Schemas of Standin's own formats.

use serde_json::Value;
use standin_contracts::contract::annotation_schema;
use standin_contracts::history::history_schema;
use standin_test_suite::adapter::adapter_schema;
use standin_test_suite::driver::VerifyFile;
use standin_test_suite::report::RunDocument;

use crate::args::SchemaOf;
use crate::output::{self, Failure};
use crate::settings::Settings;

pub(crate) fn run(format: SchemaOf) -> Result<u8, Failure> {
    let schema: Value = match format {
        SchemaOf::Contract => annotation_schema(),
        SchemaOf::Verify => schemars::schema_for!(VerifyFile).into(),
        SchemaOf::Serve => schemars::schema_for!(Settings).into(),
        SchemaOf::Report => schemars::schema_for!(RunDocument).into(),
        SchemaOf::History => history_schema(),
        SchemaOf::Adapter => adapter_schema(),
    };
    output::print(&format!("{schema:#}\n")).map(|()| 0)
}
