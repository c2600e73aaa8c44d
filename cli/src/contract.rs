//! `standin contract`: checks and shows contracts.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use standin_contracts::contract::{Contract, Is, Operation, VENDORS};
use standin_contracts::history::{self, Event, What};
use standin_contracts::protocol::{CommandName, ReplyName};
use standin_test_suite::driver::Launch;
use standin_test_suite::reference::{Conforming, config_for};
use standin_test_suite::reference_sdk::ConformingSdk;
use standin_test_suite::run::{BackendUnderTest, Plan, SdkUnderTest};
use standin_test_suite::sdk::Sdk;

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
            Ok(contract) => wrong.extend(served(file, contract)?),
            Err(failure) => wrong.push(failure),
        }
    }
    if wrong.is_empty() { Ok(0) } else { Err(Failure::several(&wrong)) }
}

/// Plays the reference against a contract, and says which operations it made. Returns the failure if some can't be
/// served.
fn served(file: &Path, contract: Contract) -> Result<Option<Failure>, Failure> {
    let (name, vendor, count) = (file.display(), contract.vendor.clone(), contract.operations.len());
    if let Some(unserved) = contract.unserved(&name.to_string()) {
        return Ok(Some(Failure::refused(&unserved)));
    }
    let told = played(contract)?;
    let made = told.iter().filter(|(_, reply)| reply.is_some()).count();
    output::print(&format!("{name} is a good contract: vendor `{vendor}`, {count} operations\n"))?;
    output::print(&format!("  the reference client backend and SDK made {made} of them\n"))?;
    for (line, _) in told.iter().filter(|(_, reply)| reply.is_none()) {
        output::print(&format!("  not made: {line}\n"))?;
    }
    let refused = |(line, reply): &(String, Option<ReplyName>)| {
        (*reply == Some(ReplyName::Malformed))
            .then(|| format!("  {line} answered every call of the reference with malformed\n"))
    };
    let refused: String = told.iter().filter_map(refused).collect();
    let failure = || Failure::usage(format!("{name}: the reference can't be served:\n{}", refused.trim_end()));
    Ok((!refused.is_empty()).then(failure))
}

/// Each operation, with the best reply that the reference got to it: a success if there was one. `None` if it made no
/// such call.
fn played(contract: Contract) -> Result<Vec<(String, Option<ReplyName>)>, Failure> {
    let folder = tempfile::tempdir().map_err(|error| Failure::ours(format!("can't make a folder: {error}")))?;
    let contract = Arc::new(contract);
    let requirements = Arc::new(crate::verify::requirements_of(&contract.vendor)?);
    let backend = config_for(&contract).ok();
    let backend = backend.map(|config| BackendUnderTest { config, launch: Launch::Reference(Arc::new(Conforming)) });
    let has_sdk = contract.has(CommandName::CreateUser);
    let sdk = Sdk::Reference(Arc::new(ConformingSdk));
    let sdk = has_sdk.then(|| SdkUnderTest { name: "reference SDK".to_owned(), sdk });
    let history = Some(folder.path().to_owned());
    let plan = Plan { backend, sdk, history, ..Plan::new(contract.clone(), requirements) };
    output::runtime()?.block_on(plan.run(&|_| {})).map_err(|error| Failure::because(&error))?;
    let bytes = std::fs::read(folder.path().join("default.jsonl")).unwrap_or_default();
    let history = history::read(&bytes).map_err(|error| Failure::ours(format!("can't read the history: {error}")))?;
    let replies = replies(&history.events);
    let told = |operation: &Operation| (operation.line(), replies.get(&operation.id).copied());
    Ok(contract.operations.iter().map(told).collect())
}

/// For each operation that was called, the first success, or else the first reply.
fn replies(events: &[Event]) -> BTreeMap<String, ReplyName> {
    let mut asked: BTreeMap<u64, &String> = BTreeMap::new();
    let mut replies: BTreeMap<String, ReplyName> = BTreeMap::new();
    for event in events {
        match &event.event {
            What::Request(request) => asked.extend(request.operation.as_ref().map(|id| (request.exchange, id))),
            What::Response(response) => {
                let (Some(id), Some(reply)) = (asked.get(&response.exchange), response.reply) else { continue };
                let known = replies.entry((*id).clone()).or_insert(reply);
                if known.is_refusal() && !reply.is_refusal() {
                    *known = reply;
                }
            }
            _ => {}
        }
    }
    replies
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
