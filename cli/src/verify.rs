//! `standin verify`: drives a client backend, judges it, and reports.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use standin_contracts::contract::{Contract, VENDORS};
use standin_contracts::ledger::Ledger;
use standin_contracts::{ledger, rules};
use standin_test_suite::driver::{BackendConfig, ConfigError, Launch, VerifyFile};
use standin_test_suite::reference::{Conforming, cast_for, config_for};
use standin_test_suite::report::{RunDocument, VendorReport};
use standin_test_suite::run::{Plan, check_journey};
use standin_test_suite::snapshot::{self, Keep};
use standin_test_suite::stateful::{HuntPlan, KeepCourses, Only, Regression};

use crate::args::VerifyArgs;
use crate::output::{self, Ending, Failure};
use crate::{reports, settings};

/// Runs, prints the report, and returns its exit code.
pub(crate) fn run(args: &VerifyArgs) -> Result<u8, Failure> {
    check_filters(args)?;
    let plans = plans(args)?;
    let reports = reports::places(&args.report)?;
    make_snapshots_folder(args)?;
    let runtime = output::runtime()?;
    let document = runtime.block_on(async {
        let mut ending = Ending::listen()?;
        tokio::select! {
            document = run_all(args, plans) => document,
            signal = ending.wait() => Err(Failure::interrupted(signal)),
        }
    })?;
    reports::tell(&document, &reports)
}

async fn run_all(args: &VerifyArgs, plans: Vec<Plan>) -> Result<RunDocument, Failure> {
    let mut vendors: Vec<VendorReport> = Vec::new();
    for plan in plans {
        let vendor = plan.contract.vendor.clone();
        let report = plan.run(&|text| output::progress(&format!("{vendor}: {text}"))).await;
        output::progress("");
        let mut report = report.map_err(|error| Failure::because(&error))?;
        if let Some(folder) = &args.snapshots {
            let compared = snapshot::compare(&mut report, folder, args.journey.as_deref(), keep(args));
            compared.map_err(|error| Failure::usage(format!("can't keep snapshots: {error}")))?;
        }
        vendors.push(report);
    }
    Ok(RunDocument::new(args.seed, vendors))
}

/// Makes the folder for snapshots before anything runs, as it is done for reports; but none where none are created.
fn make_snapshots_folder(args: &VerifyArgs) -> Result<(), Failure> {
    match &args.snapshots {
        Some(folder) if !args.ci => std::fs::create_dir_all(folder)
            .map_err(|error| Failure::usage(format!("can't keep snapshots in {}: {error}", folder.display()))),
        _ => Ok(()),
    }
}

/// What becomes of snapshots that are new or changed.
fn keep(args: &VerifyArgs) -> Keep {
    match (args.ci, args.update) {
        (true, _) => Keep::Nothing,
        (false, true) => Keep::Everything,
        (false, false) => Keep::Proposals,
    }
}

fn check_filters(args: &VerifyArgs) -> Result<(), Failure> {
    if let Some(rule) = &args.rule {
        rules::find(rule).map_err(Failure::usage)?;
    }
    if let Some(journey) = &args.journey {
        check_journey(journey).map_err(Failure::usage)?;
    }
    if args.ci && args.update {
        return Err(Failure::usage("`--update` writes snapshots, and where CI is set none are written"));
    }
    Ok(())
}

fn plans(args: &VerifyArgs) -> Result<Vec<Plan>, Failure> {
    let plans = match &args.file {
        Some(file) => vec![plan_of_file(args, file)?],
        None => plans_of_reference(args)?,
    };
    for flag in &args.set {
        let change = settings::change(flag)?;
        if settings::KEYS.contains(&change.name.as_str()) {
            let help = "a backend's keys are set in its file, under `[mock]`";
            return Err(Failure::usage(format!("`--set {flag}` changes no fact: {help}")));
        }
        if !plans.iter().any(|plan| plan.contract.vendor == change.vendor) {
            return Err(Failure::usage(format!("`--set {flag}`: this run has no vendor `{}`", change.vendor)));
        }
    }
    plans.into_iter().map(|plan| with_changes(plan, &args.set)).collect()
}

fn plan_of_file(args: &VerifyArgs, file: &Path) -> Result<Plan, Failure> {
    let config = backend_of_file(file)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let name = if VENDORS.contains(&config.vendor.as_str()) {
        config.vendor.clone()
    } else {
        folder.join(&config.vendor).display().to_string()
    };
    let contract = settings::contract(&name)?;
    if let Some(vendor) = args.vendor.as_ref().filter(|vendor| **vendor != contract.vendor) {
        let file = file.display();
        return Err(Failure::usage(format!(
            "`--vendor {vendor}` matches nothing: {file} is about `{}`",
            contract.vendor
        )));
    }
    let command = format!("standin verify {}", file.display());
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let hunt = hunt_of_file(args, file, &config, &contract)?;
    plan(args, contract, config, Launch::Outside(folder.to_owned()), command, hunt)
}

fn backend_of_file(path: &Path) -> Result<BackendConfig, Failure> {
    let file = VerifyFile::read(path).map_err(|error| match error {
        ConfigError::Wrong(refused) => Failure::refused(&refused),
        ConfigError::Read { .. } => Failure::usage(error),
    })?;
    let sdk =
        || Failure::usage(format!("{} describes an SDK, and `verify` drives client backends only", path.display()));
    if file.sdk.is_some() { Err(sdk()) } else { file.backend().ok_or_else(sdk) }
}

/// What is hunted beside the journeys, with the courses that are kept next to the backend's file.
fn hunt_of_file(
    args: &VerifyArgs,
    file: &Path,
    config: &BackendConfig,
    contract: &Contract,
) -> Result<HuntPlan, Failure> {
    let folder = Regression::folder(file);
    let mut hunt = hunt(args);
    match &args.regression {
        Some(path) => {
            let regression = Regression::read(path, config, contract).map_err(Failure::usage)?;
            hunt.only = Some(Only::Regression(Box::new(regression)));
        }
        // A single journey or case is asked for to see that one.
        None if args.journey.is_none() && args.case.is_none() => {
            hunt.regressions = Regression::read_all(&folder, config, contract).map_err(Failure::usage)?;
        }
        None => {}
    }
    hunt.keep = if args.ci { KeepCourses::Told(folder) } else { KeepCourses::In(folder) };
    Ok(hunt)
}

fn hunt(args: &VerifyArgs) -> HuntPlan {
    let only = args.case.map(Only::Case);
    HuntPlan { cases: args.cases, budget: args.time_budget, only, ..HuntPlan::default() }
}

fn plans_of_reference(args: &VerifyArgs) -> Result<Vec<Plan>, Failure> {
    let names: Vec<String> = args.vendor.clone().into_iter().collect();
    let contracts = settings::contracts(&names)?;
    contracts
        .into_iter()
        .map(|contract| {
            let hunt = hunt(args);
            // People of every kind take part where courses are generated.
            let hunts = hunt.cases.is_some() || hunt.budget.is_some() || hunt.only.is_some();
            let config = if hunts { cast_for(&contract) } else { config_for(&contract) }.map_err(Failure::usage)?;
            let launch = Launch::Reference(Arc::new(Conforming));
            let vendor = args.vendor.as_ref().unwrap_or(&contract.vendor);
            let command = format!("standin verify --vendor {vendor}");
            plan(args, contract, config, launch, command, hunt)
        })
        .collect()
}

fn plan(
    args: &VerifyArgs,
    contract: Contract,
    config: BackendConfig,
    launch: Launch,
    command: String,
    hunt: HuntPlan,
) -> Result<Plan, Failure> {
    Ok(Plan {
        ledger: Arc::new(ledger_of(&contract.vendor)?),
        config,
        launch,
        set: BTreeMap::new(),
        seed: args.seed,
        slow: args.slow,
        journey: args.journey.clone(),
        snapshots: args.snapshots.is_some(),
        rule: args.rule.clone(),
        command,
        // One folder a vendor: a run without a file has several, and each has a sandbox of the same name.
        history: args.history.as_ref().map(|folder| folder.join(&contract.vendor)),
        contract: Arc::new(contract),
        hunt,
    })
}

/// The requirements of a vendor's clients.
pub(crate) fn ledger_of(vendor: &str) -> Result<Ledger, Failure> {
    ledger::builtin(vendor).map_err(Failure::ours)
}

fn with_changes(mut plan: Plan, flags: &[String]) -> Result<Plan, Failure> {
    for flag in flags {
        let change = settings::change(flag)?;
        if change.vendor == plan.contract.vendor {
            plan.set.insert(change.name, change.value);
            plan.command += &format!(" --set {flag}");
        }
    }
    Ok(plan)
}
