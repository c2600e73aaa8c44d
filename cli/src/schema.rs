//! `standin schema`: the JSON Schemas of Standin's own formats.

use standin_contracts::schemas;

use crate::args::SchemaOf;
use crate::output::{self, Failure};

pub(crate) fn run(format: SchemaOf) -> Result<u8, Failure> {
    let schema = match format {
        SchemaOf::Contract => schemas::CONTRACT,
        SchemaOf::Verify => schemas::VERIFY,
        SchemaOf::Serve => schemas::SERVE,
        SchemaOf::Report => schemas::REPORT,
        SchemaOf::History => schemas::HISTORY,
        SchemaOf::Adapter => schemas::ADAPTER,
    };
    output::print(schema).map(|()| 0)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::settings::Settings;

    #[test]
    fn the_published_schema_of_the_settings_is_that_of_the_type() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts/schemas/serve.json");
        let text = format!("{:#}\n", schemars::schema_for!(Settings).to_value());
        if std::env::var_os("STANDIN_BLESS").is_some() {
            std::fs::write(&path, &text).expect("the schema is written");
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(published == text, "contracts/schemas/serve.json is out of date: run `STANDIN_BLESS=1 cargo test`");
    }
}
