//! Property tests: a conforming backend passes; a failure is found, shrunk, kept, and played first in the next run.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use standin_contracts::rules::Verdict;
use standin_test_suite::driver::Launch;
use standin_test_suite::mutants::MUTANTS;
use standin_test_suite::property_tests::{KeepCases, Only, PropertyTestPlan, Regression};
use standin_test_suite::reference::{
    AppAnswer, AppRequest, BackendBehaviour, Conforming, Outcome, UserRecord, VendorClient, varied_config_for,
};
use standin_test_suite::report::{CaseReport, FindingReport, RegressionState, RunDocument, VendorReport, exit, render};
use standin_test_suite::run::{BackendUnderTest, Plan};
use standin_test_suite::variants::VARIANTS;

use crate::processes::has;
use crate::support::{VENDORS, config, contract, file_plan, findings, plan, reference_plan, root, run, with};

/// A plan with property tests of the reference backend with this behaviour, beside one short scenario.
fn testing(vendor: &str, make: fn() -> Arc<dyn BackendBehaviour>, cases: u64) -> Plan {
    Plan {
        backend: Some(BackendUnderTest {
            config: varied_config_for(&contract(vendor)).expect("a config"),
            launch: Launch::Anew(make),
        }),
        scenario: Some("several-users".to_owned()),
        backend_cases: PropertyTestPlan { cases: Some(cases), ..PropertyTestPlan::default() },
        ..plan(vendor)
    }
}

/// The first finding with a case, and that case.
fn shrunk(report: &VendorReport) -> (&FindingReport, &CaseReport) {
    let mut findings = report.rules.iter().flat_map(|rule| &rule.findings);
    findings.find_map(|finding| Some((finding, finding.case.as_ref()?))).expect("a case")
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_found_wrong_with_what_conforms() {
    for vendor in VENDORS {
        let reference = testing(vendor, || Arc::new(Conforming), 10);
        let variants = VARIANTS.iter().map(|variant| {
            let mut plan = testing(vendor, variant.make, 5);
            (variant.adapt)(config(&mut plan));
            plan
        });
        for plan in std::iter::once(reference).chain(variants) {
            let report = run(plan).await;
            assert_eq!(findings(&report), [] as [String; 0], "{vendor}");
            assert_eq!(report.halted, None, "{vendor}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_is_shrunk_to_the_few_steps_that_it_takes() {
    let mut told = String::new();
    for (name, most) in [
        ("believes-app", 2),
        ("caches-credential", 2),
        ("constant-id", 2),
        ("hands-over-error", 2),
        ("id-by-process", 3),
        ("retries-refused-key", 2),
        ("skips-login", 2),
    ] {
        let mutant = MUTANTS.iter().find(|mutant| mutant.name == name).expect("a mutant");
        let plan = Plan { rule: Some(mutant.breaks.to_owned()), ..testing("sentiance", mutant.make, 16) };
        let report = run(plan).await;
        assert_eq!(with(&report, Verdict::Failed), [mutant.breaks], "{name}");
        let (finding, case) = shrunk(&report);
        assert!(case.words.len() <= most, "{name}: {:#?}", case.words);
        assert!(!case.is_flaky() && case.confirmed.is_some(), "{name}: {:?}", case.confirmed);
        told += &format!("{name}: {}\n  {}\n  {}\n\n", finding.message, case.words.join("\n  "), finding.replay);
    }
    insta::assert_snapshot!(told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shrunk_finding_is_shown_as_a_case_with_its_proof() {
    let mutant = MUTANTS.iter().find(|mutant| mutant.name == "hands-over-error").expect("the mutant");
    let plan = Plan { rule: Some(mutant.breaks.to_owned()), ..testing("sentiance", mutant.make, 16) };
    let document = RunDocument::new(1, vec![run(plan).await]);
    let shown = render(&document, false);
    let finding = shown.split("failed: ").nth(1).expect("a failed rule");
    for part in ["     1. the vendor revokes the server key\n", "again 2 of 2 times on a fresh", "vendor → backend"] {
        assert!(finding.contains(part), "{part}:\n{shown}");
    }
    let schema = serde_json::Value::from(schemars::schema_for!(RunDocument));
    let schema = standin_contracts::contract::Schema::compile(schema).expect("a schema");
    assert_eq!(schema.problems(&serde_json::to_value(&document).expect("a report")), [] as [String; 0]);
}

/// Cuts ids, like a narrow database column. No two of the usual users show that.
struct CutsIds;

impl BackendBehaviour for CutsIds {
    fn external_id(&self, user: &UserRecord, _request: &AppRequest) -> String {
        user.external_id.chars().take(40).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn users_who_look_alike_show_what_usual_users_do_not() {
    let usual = run(reference_plan("sentiance", Arc::new(CutsIds))).await;
    assert_eq!(findings(&usual), [] as [String; 0]);
    let report = run(testing("sentiance", || Arc::new(CutsIds), 60)).await;
    assert_eq!(with(&report, Verdict::Failed), ["user/id-shared"], "{:#?}", findings(&report));
}

/// Hands a refusal over once in this process, even if the backend is restarted.
struct OnceInALife;

static HAPPENED: AtomicBool = AtomicBool::new(false);

impl BackendBehaviour for OnceInALife {
    fn answer(&self, vendor_client: &VendorClient, outcome: &Outcome) -> AppAnswer {
        match outcome {
            Outcome::Refused(response) if !HAPPENED.swap(true, Ordering::Relaxed) => {
                let body = String::from_utf8_lossy(&response.body).into_owned();
                AppAnswer { status: response.status, headers: Vec::new(), body }
            }
            outcome => Conforming.answer(vendor_client, outcome),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_come_again_is_red_and_told_with_its_rate() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut plan = testing("sentiance", || Arc::new(OnceInALife), 60);
    plan.backend_cases.keep = KeepCases::In(folder.path().to_owned());
    let report = run(plan).await;
    assert_eq!(report.exit_code(), exit::FAILED);
    let (_, case) = shrunk(&report);
    let seen = case.confirmed.expect("it was tried again");
    assert_eq!((seen.times, seen.of, case.shrunk_from), (0, 6, None));
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0, "what is flaky is not kept");
}

/// Lets somebody without a login in once in this process.
struct LetsInOnce;

static LET_IN: AtomicBool = AtomicBool::new(false);

impl BackendBehaviour for LetsInOnce {
    fn who(&self, vendor_client: &VendorClient, request: &AppRequest) -> Option<UserRecord> {
        let anybody = || vendor_client.users().into_iter().next().filter(|_| !LET_IN.swap(true, Ordering::Relaxed));
        Conforming.who(vendor_client, request).or_else(anybody)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rests_on_more_than_a_message_and_never_comes_again_is_a_warning_with_its_history() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut plan = testing("sentiance", || Arc::new(LetsInOnce), 20);
    plan.backend_cases.keep = KeepCases::In(folder.path().to_owned());
    let mut report = run(plan).await;
    assert_eq!(findings(&report), [] as [String; 0]);
    assert_eq!(report.exit_code(), exit::NOT_EXERCISED, "so few cases deliver no webhooks, and that is all");
    let [one] = &report.unconfirmed[..] else { panic!("{:#?}", report.unconfirmed) };
    assert_eq!(one.rule, "credential/without-app-login");
    let seen = one.finding.case.as_ref().and_then(|case| case.confirmed).expect("it was tried again");
    assert_eq!((seen.times, seen.of), (0, 6));
    let history = std::fs::read(one.history.as_ref().expect("a history")).expect("the history");
    let history = standin_contracts::history::read(&history).expect("a good history");
    assert!(history.events.len() > 3, "{} events", history.events.len());
    report.strict = true;
    let document = RunDocument::new(1, vec![report]);
    assert_eq!(document.exit_code, exit::FAILED);
    let shown = render(&document, false);
    for part in ["warning: credential/without-app-login", "1 warnings", "`--strict` lets none pass"] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_that_exercise_nothing_are_no_success() {
    let mut plan = testing("sentiance", || Arc::new(Conforming), 5);
    if let Some(call) = &mut config(&mut plan).calls.credential {
        call.headers.clear();
    }
    let report = run(plan).await;
    assert_eq!(report.exit_code(), exit::NOT_EXERCISED);
    let shown = render(&RunDocument::new(1, vec![report]), false);
    assert!(shown.contains("nothing exercised in cases"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_case_is_begun_once_the_time_is_over() {
    let mut plan = testing("sentiance", || Arc::new(Conforming), 1_000_000);
    plan.backend_cases.budget = Some("0s".parse().expect("a length of time"));
    let report = run(plan).await;
    let cases = report.property_tests.as_ref().and_then(|tests| tests.cases.first()).expect("generated cases");
    assert_eq!(cases.cases, 0);
    assert_eq!(report.exit_code(), exit::NOT_EXERCISED, "a run without cases does not pass");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_case_can_be_played_again() {
    let mutant = MUTANTS.iter().find(|mutant| mutant.name == "skips-login").expect("the mutant");
    let found = run(Plan { rule: Some(mutant.breaks.to_owned()), ..testing("sentiance", mutant.make, 16) }).await;
    let (_, case) = shrunk(&found);
    let again = |make| {
        let mut plan = Plan { rule: Some(mutant.breaks.to_owned()), ..testing("sentiance", make, 1) };
        plan.backend_cases = PropertyTestPlan { only: Some(Only::Case(case.number)), ..PropertyTestPlan::default() };
        plan
    };
    assert_eq!(run(again(mutant.make)).await.exit_code(), exit::FAILED);
    assert_eq!(run(again(|| Arc::new(Conforming))).await.exit_code(), exit::CLEAN, "it passes once the fault is fixed");
}

/// A plan with property tests of a Python backend, which keeps failing cases in this folder.
fn python(file: &str, folder: &Path, cases: Option<u64>) -> Plan {
    let mut plan = file_plan(file, |_| {});
    plan.scenario = Some("several-users".to_owned());
    plan.backend_cases.cases = cases;
    plan.backend_cases.keep = KeepCases::In(folder.to_owned());
    let contract = plan.contract.clone();
    plan.backend_cases.regressions = Regression::read_all(folder, config(&mut plan), &contract).expect("good files");
    plan
}

fn states(report: &VendorReport) -> Vec<RegressionState> {
    let tests = report.property_tests.as_ref().expect("regressions were played");
    tests.regressions.iter().map(|one| one.state.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_a_process_are_found_kept_played_first_and_seen_to_be_mended() {
    if !has("python3") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let faulty = "examples/python/faulty-sentiance.toml";
    let found = run(python(faulty, folder.path(), Some(8))).await;
    let broken = with(&found, Verdict::Failed);
    assert_eq!(broken, ["credential/for-another-user", "key/refusal-leaked"], "{:#?}", findings(&found));
    for rule in found.rules.iter().filter(|rule| rule.verdict == Verdict::Failed) {
        let case = rule.findings[0].case.as_ref().expect("a case");
        assert!(case.words.len() <= 3 && case.kept.is_some(), "{case:#?}");
    }

    let again = run(python(faulty, folder.path(), None)).await;
    assert_eq!(states(&again), [RegressionState::Failed, RegressionState::Failed]);
    assert_eq!(again.exit_code(), exit::FAILED);
    let mended = run(python("examples/python/sentiance.toml", folder.path(), None)).await;
    assert_eq!(states(&mended), [RegressionState::Mended, RegressionState::Mended]);
    assert_eq!(findings(&mended), [] as [String; 0]);

    for (file, code) in [(faulty, exit::FAILED), ("examples/python/sentiance.toml", exit::CLEAN)] {
        let mut single = python(file, folder.path(), None);
        let regression = single.backend_cases.regressions.remove(0);
        single.backend_cases =
            PropertyTestPlan { only: Some(Only::Regression(Box::new(regression))), ..PropertyTestPlan::default() };
        assert_eq!(RunDocument::new(1, vec![run(single).await]).exit_code, code, "{file}");
    }
}

#[test]
fn every_bad_regression_is_refused_with_its_mistake() {
    let file = standin_test_suite::driver::VerifyFile::read(&root().join("examples/python/sentiance.toml"));
    let config = file.expect("a good file").backend().expect("a backend");
    let folder = root().join("fixtures/bad-regressions");
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let mut told = String::new();
    for file in files {
        let error = Regression::read(&file, &config, &contract("sentiance")).expect_err("a bad file").to_string();
        told += &format!("{}\n", error.replace(&format!("{}/", folder.display()), ""));
    }
    insta::assert_snapshot!(told);
}
