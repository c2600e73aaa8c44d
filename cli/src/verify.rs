//! `standin verify`: tests a client backend, an SDK or both, and reports.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use standin_contracts::contract::{Contract, VENDORS};
use standin_contracts::requirements::Requirements;
use standin_contracts::{requirements, rules};
use standin_test_suite::driver::{ConfigError, Launch, MockTable, VerifyFile};
use standin_test_suite::property_tests::{Case, KeepCases, Only, PropertyTestPlan, Regression, SubjectKind};
use standin_test_suite::reference::{Conforming, config_for, varied_config_for};
use standin_test_suite::reference_sdk::ConformingSdk;
use standin_test_suite::report::{RunDocument, VendorReport};
use standin_test_suite::run::{BackendUnderTest, Plan, SdkUnderTest, StressOptions};
use standin_test_suite::sdk::Sdk;
use standin_test_suite::snapshot::{self, Keep};

use crate::args::VerifyArgs;
use crate::output::{self, Ending, Failure};
use crate::progress::Progress;
use crate::{reports, settings};

/// Runs the tests, prints the report, and returns its exit code.
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
    reports::tell(&document, &reports, "standin verify")
}

async fn run_all(args: &VerifyArgs, plans: Vec<Plan>) -> Result<RunDocument, Failure> {
    let mut vendors: Vec<VendorReport> = Vec::new();
    for plan in plans {
        let vendor = plan.contract.vendor.clone();
        let progress = Progress::begin();
        let report = plan.run(&|text| progress.say(&format!("{vendor}: {text}"))).await;
        drop(progress);
        let mut report = report.map_err(|error| Failure::because(&error))?;
        if let Some(folder) = &args.snapshots {
            let compared = snapshot::compare(&mut report, folder, args.scenario.as_deref(), keep(args));
            compared.map_err(|error| Failure::usage(format!("can't keep snapshots: {error}")))?;
        }
        report.strict = args.strict;
        vendors.push(report);
    }
    Ok(RunDocument::new(args.seed, vendors))
}

/// Creates the folder for snapshots before the run, unless the run creates no files.
fn make_snapshots_folder(args: &VerifyArgs) -> Result<(), Failure> {
    match &args.snapshots {
        Some(folder) if !args.ci => std::fs::create_dir_all(folder)
            .map_err(|error| Failure::usage(format!("can't keep snapshots in {}: {error}", folder.display()))),
        _ => Ok(()),
    }
}

/// What happens to new and changed snapshots.
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

/// The runs: of the subject that the file describes, or of the references.
fn plans(args: &VerifyArgs) -> Result<Vec<Plan>, Failure> {
    let plans = match &args.file {
        None => plans_of_references(args)?,
        Some(path) => vec![plan_of_file(args, path)?],
    };
    plans.iter().try_for_each(Plan::check_filters).map_err(Failure::usage)?;
    changed(args, plans)
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

fn plan_of_file(args: &VerifyArgs, path: &Path) -> Result<Plan, Failure> {
    let file = file_of(path)?;
    check_sdk(args, path, &file)?;
    let contract = contract_of_file(args, path, &file.vendor)?;
    let folder = folder_of(path);
    let sdk = file
        .sdk
        .clone()
        .map(|table| SdkUnderTest { name: table.name.clone(), sdk: Sdk::Outside(Box::new(table), folder.clone()) });
    let (mock, accepted) = (file.mock.clone(), file.accepted.clone());
    let backend = file.backend().map(|config| BackendUnderTest { config, launch: Launch::Outside(folder) });
    let command = format!("standin verify {}", path.display());
    let mut plan = Plan { backend, sdk, mock, accepted, ..plan(args, contract, command)? };
    regressions_of_file(args, path, &mut plan)?;
    Ok(plan)
}

/// Refuses flags and settings that the run would ignore.
fn check_sdk(args: &VerifyArgs, path: &Path, file: &VerifyFile) -> Result<(), Failure> {
    let path = path.display();
    if file.sdk.is_none() {
        let flags = [
            ("--crash-points", args.crash_points),
            ("--crash-point", args.crash_point.is_some()),
            ("--fleet", args.fleet.is_some()),
        ];
        return match flags.iter().find(|(_, is_given)| *is_given) {
            Some((flag, _)) => Err(Failure::usage(format!("{path} describes no SDK: `{flag}` is about one"))),
            None => Ok(()),
        };
    }
    if file.subject.is_some() {
        return Ok(());
    }
    let refuse = |why: &str| Err(Failure::usage(format!("{path} describes an SDK: {why}")));
    if args.slow {
        return refuse("`--slow` changes nothing for it");
    }
    let MockTable { listen, server_key, client_key, server_hash, .. } = &file.mock;
    if listen.is_some() || server_key.is_some() || client_key.is_some() || server_hash.is_some() {
        return refuse("an adapter is told where the mock is, and its keys: take them out of `[mock]`");
    }
    Ok(())
}

/// The contract that a file names: a shipped one, or a file relative to it.
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

/// Plans the regressions next to the subject's file, which are played first.
fn regressions_of_file(args: &VerifyArgs, file: &Path, plan: &mut Plan) -> Result<(), Failure> {
    let folder = Regression::<Case>::folder(file);
    plan.backend_cases.keep = keep_cases(args, folder.clone());
    plan.sdk_cases.keep = keep_cases(args, folder.clone());
    match &args.regression {
        Some(path) => one_regression(path, plan),
        // A run of a single scenario or case plays nothing else.
        None if args.scenario.is_none() && args.case.is_none() && args.crash_point.is_none() => {
            if let Some(backend) = &plan.backend {
                let all = Regression::read_all(&folder, &backend.config, &plan.contract);
                plan.backend_cases.regressions = all.map_err(Failure::usage)?;
            }
            if plan.sdk.is_some() {
                plan.sdk_cases.regressions =
                    Regression::read_sdk_cases(&folder, &plan.contract).map_err(Failure::usage)?;
            }
            Ok(())
        }
        None => Ok(()),
    }
}

/// Plans the play of a single regression. Its file names the kind of subject.
fn one_regression(path: &Path, plan: &mut Plan) -> Result<(), Failure> {
    let whose = SubjectKind::told_by(path).map_err(Failure::usage)?;
    match (whose, &plan.backend, &plan.sdk) {
        (SubjectKind::Backend, Some(backend), _) => {
            let one = Regression::read(path, &backend.config, &plan.contract).map_err(Failure::usage)?;
            plan.backend_cases.only = Some(Only::Regression(Box::new(one)));
        }
        (SubjectKind::Sdk, _, Some(_)) => {
            let one = Regression::read_sdk_case(path, &plan.contract).map_err(Failure::usage)?;
            plan.sdk_cases.only = Some(Only::Regression(Box::new(one)));
        }
        (whose, _, _) => {
            let whose = if whose == SubjectKind::Sdk { "an SDK" } else { "a client backend" };
            let path = path.display();
            return Err(Failure::usage(format!("{path} is a case of {whose}, and none is under test in this run")));
        }
    }
    Ok(())
}

fn keep_cases(args: &VerifyArgs, folder: PathBuf) -> KeepCases {
    if args.ci { KeepCases::Reported(folder) } else { KeepCases::In(folder) }
}

/// The runs of the reference backend and the reference SDK.
fn plans_of_references(args: &VerifyArgs) -> Result<Vec<Plan>, Failure> {
    let names: Vec<String> = args.vendor.clone().into_iter().collect();
    settings::contracts(&names)?.into_iter().map(|contract| plan_of_references(args, contract)).collect()
}

fn plan_of_references(args: &VerifyArgs, contract: Contract) -> Result<Plan, Failure> {
    // Generated cases need users of every kind.
    let property_tests = args.cases.is_some() || args.time_budget.is_some() || args.case.is_some();
    let config =
        if property_tests { varied_config_for(&contract) } else { config_for(&contract) }.map_err(Failure::usage)?;
    let backend = BackendUnderTest { config, launch: Launch::Reference(Arc::new(Conforming)) };
    // For vendors from outside, no requirements accept yet what the reference SDK can't exercise.
    let has_sdk = VENDORS.contains(&contract.vendor.as_str());
    let name = "reference SDK".to_owned();
    let sdk = has_sdk.then(|| SdkUnderTest { name, sdk: Sdk::Reference(Arc::new(ConformingSdk)) });
    let command = format!("standin verify --vendor {}", args.vendor.as_ref().unwrap_or(&contract.vendor));
    Ok(Plan { backend: Some(backend), sdk, ..plan(args, contract, command)? })
}

/// The common part of all runs of a command line.
fn plan(args: &VerifyArgs, contract: Contract, command: String) -> Result<Plan, Failure> {
    let requirements = Arc::new(requirements_of(&contract.vendor)?);
    // One folder for each vendor: a run without a file has several, and their sandboxes have the same name.
    let history = args.history.as_ref().map(|folder| folder.join(&contract.vendor));
    Ok(Plan {
        seed: args.seed,
        slow: args.slow,
        scenario: args.scenario.clone(),
        snapshots: args.snapshots.is_some(),
        rule: args.rule.clone(),
        command,
        history,
        backend_cases: property_tests(args),
        sdk_cases: property_tests(args),
        stress_options: StressOptions {
            crash_points: args.crash_points,
            crash_point: args.crash_point.clone(),
            fleet: args.fleet.map(usize::from),
            budget: args.time_budget,
        },
        ..Plan::new(Arc::new(contract), requirements)
    })
}

fn property_tests<C>(args: &VerifyArgs) -> PropertyTestPlan<C> {
    let only = args.case.map(Only::Case);
    PropertyTestPlan { cases: args.cases, budget: args.time_budget, only, ..PropertyTestPlan::default() }
}

/// The requirements of a vendor's clients.
pub(crate) fn requirements_of(vendor: &str) -> Result<Requirements, Failure> {
    requirements::builtin(vendor).map_err(Failure::ours)
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
