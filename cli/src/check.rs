//! `standin check`: judges recorded histories, and reports.

use std::path::Path;

use standin_contracts::contract::{Contract, VENDORS};
use standin_contracts::history::{self, History};
use standin_contracts::rules;
use standin_test_suite::recorded::{Bound, Check};
use standin_test_suite::report::RunDocument;

use crate::args::CheckArgs;
use crate::output::Failure;
use crate::verify::requirements_of;
use crate::{reports, settings};

/// Judges the histories, prints the report, and returns its exit code.
pub(crate) fn run(args: &CheckArgs) -> Result<u8, Failure> {
    if let Some(rule) = &args.rule {
        rules::find(rule).map_err(Failure::usage)?;
    }
    let check = Check { bound: bound(&args.contract)?, rule: args.rule.clone() };
    let places = reports::places(&args.report)?;
    let histories: Vec<(&Path, History)> =
        args.histories.iter().map(|path| Ok((path.as_path(), read(path)?))).collect::<Result<_, Failure>>()?;
    check_contracts(args, &histories)?;
    let mut vendors = Vec::new();
    for (path, history) in &histories {
        let name = path.display().to_string();
        let judged = check.judge(&name, &command(args, path), history);
        vendors.extend(judged.map_err(|error| Failure::usage(format!("{name}: {error}")))?);
    }
    reports::tell(&RunDocument::of(seed(&histories), vendors), &places, "standin check")
}

/// The known contracts: the given ones, then the shipped ones.
fn bound(given: &[String]) -> Result<Vec<Bound>, Failure> {
    let mut contracts = if given.is_empty() { Vec::new() } else { settings::contracts(given)? };
    for vendor in VENDORS {
        if contracts.iter().all(|contract| contract.vendor != *vendor) {
            contracts.push(settings::contract(vendor)?);
        }
    }
    let bound = |contract: Contract| Ok(Bound { requirements: requirements_of(&contract.vendor)?, contract });
    contracts.into_iter().map(bound).collect()
}

fn read(path: &Path) -> Result<History, Failure> {
    let name = path.display();
    let bytes = std::fs::read(path).map_err(|error| Failure::usage(format!("can't read {name}: {error}")))?;
    history::read(&bytes).map_err(|error| Failure::usage(format!("{name}: {error}")))
}

/// Refuses a given contract that no history is about: it was given by mistake.
fn check_contracts(args: &CheckArgs, histories: &[(&Path, History)]) -> Result<(), Failure> {
    for given in &args.contract {
        let vendor = settings::contract(given)?.vendor;
        let mut all = histories.iter().flat_map(|(_, history)| &history.header.contracts);
        if !all.any(|contract| contract.vendor == vendor) {
            return Err(Failure::usage(format!("`--contract {given}`: no history here is about `{vendor}`")));
        }
    }
    Ok(())
}

/// The command that judges one of the histories again.
fn command(args: &CheckArgs, path: &Path) -> String {
    let contracts: String = args.contract.iter().map(|given| format!(" --contract {given}")).collect();
    format!("standin check {}{contracts}", path.display())
}

/// The seed of all histories, if it is the same.
fn seed(histories: &[(&Path, History)]) -> Option<u64> {
    let mut seeds = histories.iter().map(|(_, history)| history.header.seed);
    let first = seeds.next()?;
    seeds.all(|seed| seed == first).then_some(first)
}
