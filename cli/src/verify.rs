//! `standin verify`: drives a client backend, judges it, and reports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use standin_contracts::contract::{Contract, VENDORS};
use standin_contracts::history::Subject;
use standin_contracts::ledger::Ledger;
use standin_contracts::{ledger, rules};
use standin_test_suite::driver::{BackendConfig, ConfigError, Launch, MockTable, SdkTable, VerifyFile};
use standin_test_suite::reference::{Conforming, cast_for, config_for};
use standin_test_suite::report::{RunDocument, VendorReport};
use standin_test_suite::run::{Plan, Progress, RunError, check_journey};
use standin_test_suite::sdk::{self, Sdk, SdkPlan};
use standin_test_suite::snapshot::{self, Keep};
use standin_test_suite::stateful::{HuntPlan, KeepCourses, Only, Regression};

use crate::args::VerifyArgs;
use crate::output::{self, Ending, Failure};
use crate::{reports, settings};

/// One run of several.
enum Task {
    Backend(Box<Plan>),
    Sdk(Box<SdkPlan>),
}

impl Task {
    fn vendor(&self) -> &str {
        match self {
            Self::Backend(plan) => &plan.contract.vendor,
            Self::Sdk(plan) => &plan.contract.vendor,
        }
    }

    async fn run(self, progress: Progress<'_>) -> Result<VendorReport, RunError> {
        match self {
            Self::Backend(plan) => plan.run(progress).await,
            Self::Sdk(plan) => plan.run(progress).await,
        }
    }
}

/// Runs, prints the report, and returns its exit code.
pub(crate) fn run(args: &VerifyArgs) -> Result<u8, Failure> {
    check_filters(args)?;
    let tasks = tasks(args)?;
    let reports = reports::places(&args.report)?;
    make_snapshots_folder(args)?;
    let runtime = output::runtime()?;
    let document = runtime.block_on(async {
        let mut ending = Ending::listen()?;
        tokio::select! {
            document = run_all(args, tasks) => document,
            signal = ending.wait() => Err(Failure::interrupted(signal)),
        }
    })?;
    reports::tell(&document, &reports)
}

async fn run_all(args: &VerifyArgs, tasks: Vec<Task>) -> Result<RunDocument, Failure> {
    let mut vendors: Vec<VendorReport> = Vec::new();
    for task in tasks {
        let vendor = task.vendor().to_owned();
        let report = task.run(&|text| output::progress(&format!("{vendor}: {text}"))).await;
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
    if args.ci && args.update {
        return Err(Failure::usage("`--update` writes snapshots, and where CI is set none are written"));
    }
    Ok(())
}

fn tasks(args: &VerifyArgs) -> Result<Vec<Task>, Failure> {
    let Some(path) = &args.file else {
        check_backend_journey(args)?;
        return backend_tasks(args, plans_of_reference(args)?);
    };
    let file = file_of(path)?;
    match (&file.subject, &file.sdk) {
        (None, Some(sdk)) => Ok(vec![Task::Sdk(Box::new(sdk_plan(args, path, &file, sdk)?))]),
        (Some(_), Some(_)) => Err(Failure::usage(format!(
            "{} describes a client backend and an SDK; they are driven one at a time, each by a file of its own",
            path.display()
        ))),
        _ => {
            check_backend_journey(args)?;
            backend_tasks(args, vec![plan_of_file(args, path, file)?])
        }
    }
}

fn check_backend_journey(args: &VerifyArgs) -> Result<(), Failure> {
    args.journey.as_deref().map_or(Ok(()), check_journey).map_err(Failure::usage)
}

/// A rule about others judges nothing here: that would be a green which saw nothing.
fn check_rule(args: &VerifyArgs, subject: Subject) -> Result<(), Failure> {
    let Some(name) = &args.rule else { return Ok(()) };
    let rule = rules::find(name).map_err(Failure::usage)?;
    if rule.subjects.contains(&subject) {
        return Ok(());
    }
    Err(Failure::usage(format!("`--rule {name}` matches nothing: no {subject} is judged by it")))
}

fn backend_tasks(args: &VerifyArgs, plans: Vec<Plan>) -> Result<Vec<Task>, Failure> {
    check_rule(args, Subject::ClientBackend)?;
    let plans = changed(args, plans)?;
    Ok(plans.into_iter().map(|plan| Task::Backend(Box::new(plan))).collect())
}

fn changed(args: &VerifyArgs, plans: Vec<Plan>) -> Result<Vec<Plan>, Failure> {
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

fn plan_of_file(args: &VerifyArgs, path: &Path, file: VerifyFile) -> Result<Plan, Failure> {
    let config = file.backend().ok_or_else(|| Failure::usage(format!("{} names no subject", path.display())))?;
    let contract = contract_of_file(args, path, &config.vendor)?;
    let command = format!("standin verify {}", path.display());
    let hunt = hunt_of_file(args, path, &config, &contract)?;
    plan(args, contract, config, Launch::Outside(folder_of(path)), command, hunt)
}

/// The contract that a file names: a shipped one, or one beside the file.
fn contract_of_file(args: &VerifyArgs, file: &Path, vendor: &str) -> Result<Contract, Failure> {
    let name =
        if VENDORS.contains(&vendor) { vendor.to_owned() } else { folder_of(file).join(vendor).display().to_string() };
    let contract = settings::contract(&name)?;
    match args.vendor.as_ref().filter(|vendor| **vendor != contract.vendor) {
        None => Ok(contract),
        Some(vendor) => {
            let file = file.display();
            let about = &contract.vendor;
            Err(Failure::usage(format!("`--vendor {vendor}` matches nothing: {file} is about `{about}`")))
        }
    }
}

fn folder_of(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new(""));
    if folder.as_os_str().is_empty() { Path::new(".").to_owned() } else { folder.to_owned() }
}

fn file_of(path: &Path) -> Result<VerifyFile, Failure> {
    VerifyFile::read(path).map_err(|error| match error {
        ConfigError::Wrong(refused) => Failure::refused(&refused),
        ConfigError::Read { .. } => Failure::usage(error),
    })
}

/// The run of a file that describes an SDK.
fn sdk_plan(args: &VerifyArgs, path: &Path, file: &VerifyFile, sdk: &SdkTable) -> Result<SdkPlan, Failure> {
    let hunts = args.cases.is_some() || args.case.is_some() || args.time_budget.is_some() || args.regression.is_some();
    if hunts || args.snapshots.is_some() {
        let help = "they are of client backends; an SDK's run has journeys only";
        return Err(Failure::usage(format!(
            "{} describes an SDK: no courses and no snapshots, {help}",
            path.display()
        )));
    }
    if args.slow {
        return Err(Failure::usage(format!("{} describes an SDK: `--slow` changes nothing for it", path.display())));
    }
    let MockTable { listen, server_key, client_key, server_hash, set } = &file.mock;
    if listen.is_some() || server_key.is_some() || client_key.is_some() || server_hash.is_some() {
        let help = "an adapter is told where the mock is, and its keys: take them out of `[mock]`";
        return Err(Failure::usage(format!("{} describes an SDK: {help}", path.display())));
    }
    check_rule(args, Subject::Sdk)?;
    args.journey.as_deref().map_or(Ok(()), sdk::check_journey).map_err(Failure::usage)?;
    let mut contract = contract_of_file(args, path, &file.vendor)?;
    let mut command = format!("standin verify {}", path.display());
    for (name, value) in set {
        contract.facts.set(name, value).map_err(Failure::usage)?;
    }
    for flag in &args.set {
        let change = settings::change(flag)?;
        if change.vendor != contract.vendor {
            return Err(Failure::usage(format!("`--set {flag}`: this run has no vendor `{}`", change.vendor)));
        }
        contract.facts.set(&change.name, &change.value).map_err(Failure::usage)?;
        command += &format!(" --set {flag}");
    }
    Ok(SdkPlan {
        ledger: Arc::new(ledger_of(&contract.vendor)?),
        sdk: Sdk::Outside(Box::new(sdk.clone()), folder_of(path)),
        name: sdk.name.clone(),
        accepted: file.accepted.clone(),
        seed: args.seed,
        journey: args.journey.clone(),
        rule: args.rule.clone(),
        command,
        history: args.history.as_ref().map(|folder| folder.join(&contract.vendor)),
        contract: Arc::new(contract),
    })
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
