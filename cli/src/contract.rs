//! `standin contract`: checks and shows contracts.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use standin_contracts::contract::{Contract, Is, VENDORS};

use crate::args::ContractCommand;
use crate::output::{self, Failure};
use crate::settings;

pub(crate) fn run(command: &ContractCommand) -> Result<u8, Failure> {
    match command {
        ContractCommand::Check { files } => check(files),
        ContractCommand::List => list(),
        ContractCommand::Show { vendor } => output::print(&shown(&settings::contract(vendor)?)).map(|()| 0),
    }
}

/// Checks every file, so that the errors of one don't hide those of the next.
fn check(files: &[PathBuf]) -> Result<u8, Failure> {
    let mut wrong = Vec::new();
    for file in files {
        match loaded(file) {
            Ok(contract) => output::print(&format!(
                "{} is a good contract: vendor `{}`, {} operations\n",
                file.display(),
                contract.vendor,
                contract.operations.len()
            ))?,
            Err(failure) => wrong.push(failure),
        }
    }
    if wrong.is_empty() { Ok(0) } else { Err(Failure::several(&wrong)) }
}

fn loaded(file: &Path) -> Result<Contract, Failure> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| Failure::usage(format!("can't read {name}: {error}")))?;
    Contract::load(&name, &text).map_err(|refused| Failure::refused(&refused))
}

fn list() -> Result<u8, Failure> {
    let mut text = String::new();
    for vendor in VENDORS {
        let contract = settings::contract(vendor)?;
        // Writing to a string can't fail.
        let _ = writeln!(text, "{vendor:<14}{:<28}{} operations", contract.title, contract.operations.len());
    }
    output::print(&text).map(|()| 0)
}

fn shown(contract: &Contract) -> String {
    let mut text = format!("{} ({})\n\nOperations\n", contract.title, contract.vendor);
    for operation in contract.described() {
        let _ =
            writeln!(text, "  {:<44} {:<18} {}", operation.line(), operation.command, word(operation.provenance.is));
        let _ = writeln!(text, "    {}", operation.summary);
        for alternative in &operation.security {
            let keys: Vec<String> = alternative.iter().map(|used| key(contract, used)).collect();
            let _ = writeln!(text, "    opened by {}", keys.join(" and "));
        }
        let _ = writeln!(text, "    source: {}", operation.provenance.source);
    }
    text.push_str("\nFacts (change one by --set)\n");
    for (name, value, is) in contract.facts.list() {
        let _ = writeln!(text, "  {:<44} {value:<18} {}", format!("{}.{name}", contract.vendor), word(is));
    }
    text
}

fn key(contract: &Contract, used: &standin_contracts::contract::SchemeUse) -> String {
    let scheme = &contract.schemes[used.scheme];
    let scopes = if used.scopes.is_empty() { String::new() } else { format!(" with {}", used.scopes.join(", ")) };
    format!("{} key in {}{scopes}", scheme.kind, scheme.place.name())
}

fn word(is: Is) -> &'static str {
    match is {
        Is::Documented => "documented",
        Is::Inferred => "inferred",
        Is::Assumed => "assumed",
    }
}
