//! A client backend and an SDK under test together: the credential passes through both, in one history.

use std::collections::BTreeSet;
use std::sync::Arc;

use standin_contracts::history::{Event, Header, Leg, Subject, What};
use standin_contracts::rules::{RULES, Verdict};
use standin_test_suite::driver::Launch;
use standin_test_suite::mutants::MUTANTS;
use standin_test_suite::reference::Conforming;
use standin_test_suite::reference_sdk::ConformingSdk;
use standin_test_suite::report::{VendorReport, exit};
use standin_test_suite::run::{Plan, SdkUnderTest};
use standin_test_suite::sdk::Sdk;
use standin_test_suite::sdk_mutants::SDK_MUTANTS;
use standin_test_suite::{scenarios, sdk};

use crate::processes::has;
use crate::support::{backend_plan, file_plan, findings, run, sdk_plan, with};

const VENDORS: &[&str] = &["techcentrix", "sentiance", "finbox"];

fn both(vendor: &str) -> Plan {
    let sdk = sdk_plan(vendor, Sdk::Reference(Arc::new(ConformingSdk))).sdk;
    Plan { sdk, ..backend_plan(vendor, Launch::Reference(Arc::new(Conforming))) }
}

/// A run's report, and the history that it wrote.
async fn recorded(mut plan: Plan) -> (VendorReport, Header, Vec<Event>) {
    let folder = tempfile::tempdir().expect("a folder");
    plan.history = Some(folder.path().to_owned());
    let report = run(plan).await;
    let bytes = std::fs::read(folder.path().join("default.jsonl")).expect("the history");
    let history = standin_contracts::history::read(&bytes).expect("a history");
    (report, history.header, history.events)
}

/// The labels of the credentials in requests or answers of this leg.
fn credentials(events: &[Event], leg: Leg) -> BTreeSet<&str> {
    let exchanges: BTreeSet<u64> = events.iter().filter_map(|event| exchange_on(event, leg)).collect();
    let placeholders = events.iter().flat_map(|event| match &event.event {
        What::Request(request) if exchanges.contains(&request.exchange) => request.placeholders.as_slice(),
        What::Response(response) if exchanges.contains(&response.exchange) => response.placeholders.as_slice(),
        _ => &[],
    });
    placeholders
        .filter(|placeholder| placeholder.kind() == "credential")
        .map(|placeholder| placeholder.label.as_str())
        .collect()
}

/// The exchange that a request of this leg begins. An SDK's requests count only if it is under test.
fn exchange_on(event: &Event, leg: Leg) -> Option<u64> {
    match &event.event {
        What::Request(request) if request.leg == leg => {
            let is_tested = leg != Leg::SdkToVendor || request.install.is_some();
            is_tested.then_some(request.exchange)
        }
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_references_are_green_together_and_judged_by_all_rules_about_either() {
    for vendor in VENDORS {
        let report = run(both(vendor)).await;
        assert_eq!(findings(&report), [] as [String; 0], "{vendor}");
        assert_eq!(report.halted, None, "{vendor}");
        assert_eq!(report.exit_code(), exit::CLEAN, "{vendor}: {:?}", report.summary);
        let judged: Vec<&str> = report.rules.iter().map(|rule| rule.rule.as_str()).collect();
        let is_about = |rule: &&standin_contracts::rules::Rule| {
            rule.subjects.iter().any(|subject| [Subject::ClientBackend, Subject::Sdk].contains(subject))
        };
        assert_eq!(judged, RULES.iter().filter(is_about).map(|rule| rule.name).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_sdk_redeems_is_what_the_backend_handed_to_its_app() {
    let plan = Plan { scenario: Some("user-switch".to_owned()), ..both("sentiance") };
    let (_, header, events) = recorded(plan).await;
    assert_eq!(header.subjects, [Subject::ClientBackend, Subject::Sdk]);
    let redeemed = credentials(&events, Leg::SdkToVendor);
    assert!(redeemed.len() > 1, "{redeemed:?}");
    assert_eq!(credentials(&events, Leg::AppToBackend), credentials(&events, Leg::BackendToVendor));
    assert!(redeemed.is_subset(&credentials(&events, Leg::AppToBackend)));
    let users: BTreeSet<&str> = events
        .iter()
        .filter_map(|event| match &event.event {
            What::Call(call) => call.user.as_deref(),
            _ => None,
        })
        .collect();
    assert!(users.iter().all(|user| header.users.iter().any(|known| known == user)), "{users:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_of_either_is_found_beside_the_other_and_nothing_else() {
    let backend = MUTANTS.iter().find(|mutant| mutant.name == "caches-credential").expect("a mutant");
    let sdk = SDK_MUTANTS.iter().find(|mutant| mutant.name == "ignores-permissions").expect("a mutant");
    let plan = Plan { sdk: both("sentiance").sdk, ..backend_plan("sentiance", Launch::Reference((backend.make)())) };
    assert_eq!(with(&run(plan).await, Verdict::Failed), [backend.breaks]);
    let faulty = SdkUnderTest { name: "a faulty SDK".to_owned(), sdk: Sdk::Reference((sdk.make)()) };
    let plan = Plan { sdk: Some(faulty), ..both("sentiance") };
    assert_eq!(with(&run(plan).await, Verdict::Failed), [sdk.breaks]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_for_more_users_than_the_file_has_is_not_played() {
    let report = run(Plan { scenario: Some("fleet".to_owned()), ..both("sentiance") }).await;
    assert_eq!(report.scenarios.len(), 1);
    let skipped = report.scenarios[0].skipped.as_deref().expect("a reason");
    assert!(skipped.ends_with("users, and this takes 20"), "{skipped}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_and_an_sdk_in_python_are_clean_together() {
    if !has("python3") {
        return;
    }
    let (report, _, events) = recorded(file_plan("examples/python/both-sentiance.toml", |_| {})).await;
    assert_eq!(findings(&report), [] as [String; 0]);
    assert_eq!(report.halted, None);
    let passed = with(&report, Verdict::Passed);
    let seen = ["credential/for-another-user", "credential/reused", "sync/item-lost", "user/id-sent-by-sdk"];
    assert!(seen.iter().all(|rule| passed.contains(rule)), "{passed:?}");
    let redeemed = credentials(&events, Leg::SdkToVendor);
    assert!(redeemed.len() > 10 && redeemed.is_subset(&credentials(&events, Leg::AppToBackend)), "{redeemed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sdk_with_a_clock_lives_days_beside_a_backend_in_real_time() {
    if !has("python3") {
        return;
    }
    let sdk = both("sentiance").sdk;
    let report = run(Plan { sdk, ..file_plan("examples/python/sentiance.toml", |_| {}) }).await;
    assert_eq!(findings(&report), [] as [String; 0]);
    assert_eq!(report.exit_code(), exit::CLEAN, "{:?}", report.summary);
}

#[test]
fn no_two_scenarios_have_one_name() {
    let backend = scenarios::SCENARIOS.iter().map(|scenario| scenario.name);
    let names: Vec<&str> = backend.chain(sdk::SCENARIOS.iter().map(|scenario| scenario.name)).collect();
    let different: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(different.len(), names.len(), "{names:?}");
}
