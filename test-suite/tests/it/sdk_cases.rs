//! Property tests of SDKs: a conforming SDK passes; a failure is found, shrunk, kept, and played again.

use std::path::Path;
use std::sync::Arc;

use standin_contracts::rules::Verdict;
use standin_test_suite::property_tests::{KeepCases, Only, PropertyTestPlan, Regression};
use standin_test_suite::reference_sdk::{ConformingSdk, SdkBehaviour};
use standin_test_suite::report::{Comparison, RegressionState, RunDocument, VendorReport, Why, exit, render};
use standin_test_suite::run::{Plan, StressOptions};
use standin_test_suite::sdk::cases::{GeneratorConfig, SdkCase, SdkCaseResult, SdkCaseRunner, quiet_runtime};
use standin_test_suite::sdk::{CrashPoint, Sdk};
use standin_test_suite::sdk_mutants::SDK_MUTANTS;
use standin_test_suite::snapshot::{Keep, SnapshotState, compare};

use crate::support::{VENDORS, contract, findings, plan, root, run, sdk_plan};

fn runner(vendor: &str, behaviour: Arc<dyn SdkBehaviour>) -> SdkCaseRunner {
    let Plan { contract, requirements, .. } = plan(vendor);
    SdkCaseRunner::of_reference(contract, requirements, behaviour, 7)
}

fn config(vendor: &str) -> GeneratorConfig {
    quiet_runtime().expect("a runtime").block_on(runner(vendor, Arc::new(ConformingSdk)).config()).expect("it tells")
}

fn seen(vendor: &str, case: &SdkCase) -> SdkCaseResult {
    let runtime = quiet_runtime().expect("a runtime");
    runtime.block_on(runner(vendor, Arc::new(ConformingSdk)).play(case)).expect("it is played")
}

/// A plan for an SDK of this behaviour, with one short scenario.
fn plan_of(vendor: &str, behaviour: Arc<dyn SdkBehaviour>) -> Plan {
    Plan { scenario: Some("first-start".to_owned()), ..sdk_plan(vendor, Sdk::Reference(behaviour)) }
}

fn mutant(name: &str) -> Arc<dyn SdkBehaviour> {
    (SDK_MUTANTS.iter().find(|mutant| mutant.name == name).expect("a mutant").make)()
}

fn testing(cases: u64) -> PropertyTestPlan<SdkCase> {
    PropertyTestPlan { cases: Some(cases), ..PropertyTestPlan::default() }
}

#[test]
fn the_same_seed_gives_the_same_cases_and_another_gives_others() {
    let sdk_cases =
        |seed| (0..20).map(|number| config("finbox").case(seed, number, 30).expect("a case")).collect::<Vec<_>>();
    assert_eq!(sdk_cases(1), sdk_cases(1));
    assert_ne!(sdk_cases(1), sdk_cases(2));
}

#[test]
fn a_case_is_the_same_once_it_was_written_and_read() {
    for number in 0..50 {
        let case = config("techcentrix").case(3, number, 50).expect("a case");
        let text = serde_json::to_string(&case).expect("plain values");
        assert_eq!(serde_json::from_str::<SdkCase>(&text).expect("what was written"), case);
    }
}

#[test]
fn a_case_that_is_played_twice_gives_the_same_events() {
    for vendor in VENDORS {
        for number in 0..3 {
            let case = config(vendor).case(5, number, 60).expect("a case");
            assert!(seen(vendor, &case).events == seen(vendor, &case).events, "{vendor}, case {number}");
        }
    }
}

#[test]
fn every_part_of_a_case_is_a_case() {
    for number in 0..6 {
        let case = config("sentiance").case(9, number, 40).expect("a case");
        let part = SdkCase { steps: case.steps.into_iter().skip(1).step_by(2).collect() };
        let seen = seen("sentiance", &part);
        assert_eq!((seen.halted.clone(), seen.findings()), (None, Vec::<String>::new()), "{part:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_is_shrunk_to_the_few_steps_that_it_takes() {
    let mut told = String::new();
    for (vendor, name) in [
        ("sentiance", "keeps-credential"),
        ("finbox", "flushes-to-next-user"),
        ("techcentrix", "deaf-to-stop"),
        ("sentiance", "signed-in-too-early"),
    ] {
        let sdk_cases = PropertyTestPlan { keep: KeepCases::Nowhere, ..testing(120) };
        let breaks = SDK_MUTANTS.iter().find(|mutant| mutant.name == name).expect("a mutant").breaks;
        let plan = Plan { sdk_cases, rule: Some(breaks.to_owned()), ..plan_of(vendor, mutant(name)) };
        let report = run(plan).await;
        let mut cases = report.rules.iter().flat_map(|rule| &rule.findings).filter_map(|finding| finding.case.as_ref());
        let case = cases.next().expect("a case");
        assert!(!case.is_flaky() && case.shrunk_from == Some(50), "{case:#?}");
        told += &format!("{name}, {vendor}\n{}\n\n", case.words.join("\n"));
    }
    insta::assert_snapshot!(told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_regression_is_kept_played_first_and_said_to_be_mended() {
    let folder = tempfile::tempdir().expect("a folder");
    let sdk_cases = PropertyTestPlan { keep: KeepCases::In(folder.path().to_owned()), ..testing(60) };
    let report = run(Plan { sdk_cases, ..plan_of("sentiance", mutant("keeps-credential")) }).await;
    assert_eq!(RunDocument::new(1, vec![report]).exit_code, exit::FAILED);
    let state = async |behaviour: Arc<dyn SdkBehaviour>| {
        let regressions = Regression::read_sdk_cases(folder.path(), &contract("sentiance")).expect("good files");
        let sdk_cases = PropertyTestPlan { regressions, ..PropertyTestPlan::default() };
        let report = run(Plan { sdk_cases, ..plan_of("sentiance", behaviour) }).await;
        report.property_tests.expect("property tests").regressions.remove(0).state
    };
    assert_eq!(state(mutant("keeps-credential")).await, RegressionState::Failed);
    assert_eq!(state(Arc::new(ConformingSdk)).await, RegressionState::Mended);
    let single = async |behaviour: Arc<dyn SdkBehaviour>| {
        let one = Regression::read_sdk_cases(folder.path(), &contract("sentiance")).expect("good files").remove(0);
        let sdk_cases = PropertyTestPlan { only: Some(Only::Regression(Box::new(one))), ..PropertyTestPlan::default() };
        RunDocument::new(1, vec![run(Plan { sdk_cases, ..plan_of("sentiance", behaviour) }).await]).exit_code
    };
    assert_eq!(single(mutant("keeps-credential")).await, exit::FAILED);
    assert_eq!(single(Arc::new(ConformingSdk)).await, exit::CLEAN);
}

#[test]
fn every_bad_regression_of_an_sdk_is_refused_with_its_mistake() {
    let folder = root().join("fixtures/bad-sdk-regressions");
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let mut told = String::new();
    for file in files {
        let error = Regression::read_sdk_case(&file, &contract("finbox")).expect_err("a bad file").to_string();
        told += &format!("{}\n", error.replace(&format!("{}/", folder.display()), ""));
    }
    insta::assert_snapshot!(told);
}

async fn crashed(vendor: &str, scenario: &str, behaviour: Arc<dyn SdkBehaviour>) -> VendorReport {
    let stress_options = StressOptions { crash_points: true, ..StressOptions::default() };
    run(Plan { stress_options, scenario: Some(scenario.to_owned()), ..plan_of(vendor, behaviour) }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_event_leaves_the_reference_conforming() {
    for vendor in ["techcentrix", "sentiance", "finbox"] {
        for scenario in ["relaunch", "user-switch", "session-over", "killed-while-syncing"] {
            let report = crashed(vendor, scenario, Arc::new(ConformingSdk)).await;
            let crashes = report.crashes.clone().expect("crash points");
            assert!(crashes.points > 10 && crashes.played == crashes.points, "{vendor}, {scenario}: {crashes:?}");
            assert_eq!(findings(&report), [] as [String; 0], "{vendor}, {scenario}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sdk_that_forgets_half_of_what_it_did_is_found_where_it_is_killed() {
    let report = crashed("sentiance", "relaunch", mutant("signed-in-too-early")).await;
    let mut killed =
        report.rules.iter().filter(|rule| rule.rule == "session/crash-inconsistent").flat_map(|rule| &rule.findings);
    let finding = killed.find(|finding| finding.killed.is_some()).expect("a finding").clone();
    let (_, point) = finding.replay.split_once("--crash-point ").expect("a point");
    let point: CrashPoint = point.split(' ').next().expect("a point").parse().expect("a point");
    let replayed = async |behaviour: Arc<dyn SdkBehaviour>| {
        let stress_options = StressOptions { crash_point: Some(point.clone()), ..StressOptions::default() };
        RunDocument::new(1, vec![run(Plan { stress_options, ..plan_of("sentiance", behaviour) }).await]).exit_code
    };
    assert_eq!(replayed(mutant("signed-in-too-early")).await, exit::FAILED);
    assert_eq!(replayed(Arc::new(ConformingSdk)).await, exit::CLEAN);
}

#[test]
fn a_crash_point_is_read_as_it_is_written_and_nothing_else_is() {
    for text in ["relaunch:phone-1:command:3", "relaunch:phone-1:request:2:after", "relaunch:phone-1:request:2:before"]
    {
        assert_eq!(text.parse::<CrashPoint>().expect("a point").to_string(), text);
    }
    for text in
        ["", "relaunch", "relaunch:phone-1:command:0", "nowhere:phone-1:command:1", "relaunch:phone-1:request:2"]
    {
        let error = text.parse::<CrashPoint>().expect_err("no point");
        assert!(error.contains("such as relaunch:phone-1:command:3"), "{error}");
    }
}

async fn fleet(behaviour: Arc<dyn SdkBehaviour>) -> VendorReport {
    let stress_options = StressOptions { fleet: Some(60), ..StressOptions::default() };
    run(Plan { stress_options, ..plan_of("sentiance", behaviour) }).await
}

fn verdict(report: &VendorReport, name: &str) -> Verdict {
    report.rules.iter().find(|rule| rule.rule == name).expect("a rule").verdict
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_comes_back_spread_out_and_one_in_step_is_found() {
    let report = fleet(Arc::new(ConformingSdk)).await;
    let told = report.fleet.clone().expect("a fleet");
    assert_eq!((told.installs, told.recovered), (60, 60));
    assert!(told.first_retries.iter().all(|tenth| *tenth < 30), "{told:?}");
    assert_ne!(verdict(&report, "sync/no-jitter"), Verdict::Failed);
    let in_step = fleet(mutant("waits-in-step")).await;
    assert_eq!(verdict(&in_step, "sync/no-jitter"), Verdict::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_covered_is_reported_with_the_reason() {
    let report = run(Plan { sdk_cases: testing(40), ..plan_of("sentiance", Arc::new(ConformingSdk)) }).await;
    let coverage = report.coverage.clone().expect("coverage");
    let covered = |what: &str| coverage.replies.covered.iter().any(|one| one.what == what);
    assert!(covered("create_user user_created") && covered("submit_batch batch_accepted"), "{coverage:#?}");
    let why = |what: &str| coverage.replies.missed.iter().find(|one| one.what == what).map(|one| one.why);
    assert_eq!(why("submit_batch malformed"), Some(Why::Unreachable));
    assert!(coverage.transitions.len() > 15 && coverage.faults.covered.len() > 15, "{coverage:#?}");
    let page = render(&RunDocument::new(1, vec![report.clone()]), false);
    assert!(page.contains("  covered: ") && page.contains("  not covered, "), "{page}");

    let shorter = run(plan_of("sentiance", Arc::new(ConformingSdk))).await;
    let text = |report: VendorReport| serde_json::to_string(&RunDocument::new(1, vec![report])).expect("a document");
    let words = Comparison::of(&text(shorter), &text(report)).expect("reports").words();
    assert!(words.contains("covered now: ") && !words.contains("not covered any more: "), "{words}");
}

async fn compared(behaviour: Arc<dyn SdkBehaviour>, folder: &Path, keep: Keep) -> VendorReport {
    let plan = Plan { snapshots: true, scenario: Some("throttled".to_owned()), ..plan_of("sentiance", behaviour) };
    let mut report = run(plan).await;
    compare(&mut report, folder, Some("throttled"), keep).expect("a folder");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_sdk_says_in_a_scenario_is_a_snapshot_and_a_changed_version_shows_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    compared(Arc::new(ConformingSdk), folder.path(), Keep::Everything).await;
    let kept = std::fs::read_to_string(folder.path().join("sentiance__throttled.snap")).expect("a snapshot");
    insta::assert_snapshot!(kept);
    let same = compared(Arc::new(ConformingSdk), folder.path(), Keep::Nothing).await;
    assert_eq!(same.snapshots[0].state, SnapshotState::Same);
    let other = compared(mutant("token-in-query"), folder.path(), Keep::Nothing).await;
    let diff = other.snapshots[0].diff.clone().expect("a change");
    assert!(diff.contains('+') && diff.contains("session#1"), "{diff}");
}
