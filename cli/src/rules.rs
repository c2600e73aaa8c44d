//! `standin rules`: the catalogue, and each rule's page.

use standin_contracts::rules::{self, RULES};

use crate::output::{self, Failure};

/// Lists all rules, or shows one.
pub(crate) fn run(name: Option<&str>) -> Result<u8, Failure> {
    let text = match name {
        None => RULES.iter().map(|rule| format!("{:<36}{}\n", rule.name, rule.statement)).collect(),
        Some(name) => {
            let rule = rules::find(name).map_err(Failure::usage)?;
            format!("{}\n\n{}\n", rule.name, rule.page().trim())
        }
    };
    output::print(&text).map(|()| 0)
}
