//! The same seed gives the same again: of a run of the references, the document is the same byte for byte but for its
//! wall times, and so are the snapshots and the history. Over sockets they say the same, too.

use std::sync::Arc;

use standin_test_suite::driver::Launch;
use standin_test_suite::property_tests::PropertyTestPlan;
use standin_test_suite::reference::Conforming;
use standin_test_suite::reference_app::ConformingApp;
use standin_test_suite::reference_sdk::ConformingSdk;
use standin_test_suite::report::{RunDocument, exit};
use standin_test_suite::run::{Plan, StressOptions};
use standin_test_suite::sdk::Sdk;

use crate::support::{VENDORS, backend_plan, findings, run, sdk_plan};

fn cases<C>(cases: u64) -> PropertyTestPlan<C>
where
    PropertyTestPlan<C>: Default,
{
    PropertyTestPlan { cases: Some(cases), ..PropertyTestPlan::default() }
}

/// A client backend and an SDK, with all that can be asked of them but kills at every event.
fn both(vendor: &str) -> Plan {
    let sdk = sdk_plan(vendor, Sdk::Reference(Arc::new(ConformingSdk))).sdk;
    let stress_options = StressOptions { fleet: Some(20), ..StressOptions::default() };
    let plan = backend_plan(vendor, Launch::Anew(|| Arc::new(Conforming)));
    Plan { sdk, stress_options, backend_cases: cases(4), sdk_cases: cases(4), snapshots: true, ..plan }
}

fn app(vendor: &str) -> Plan {
    Plan { snapshots: true, ..sdk_plan(vendor, Sdk::App(Arc::new(ConformingApp))) }
}

/// What a run leaves: its document without wall times, its snapshots, and its history.
async fn left(mut plan: Plan) -> [String; 3] {
    let folder = tempfile::tempdir().expect("a folder");
    plan.history = Some(folder.path().to_owned());
    let report = run(plan).await;
    let transcripts =
        report.transcripts.iter().filter_map(|one| Some(format!("{}\n{}", one.scenario, one.text.clone().ok()?)));
    let transcripts: Vec<String> = transcripts.collect();
    let mut document = RunDocument::new(1, vec![report]);
    document.wall_times.clear();
    let history = std::fs::read_to_string(folder.path().join("default.jsonl")).expect("the history");
    // Certificates are shown by listeners, and those have ports.
    let ports = regex::Regex::new(r"127\.0\.0\.1:[0-9]+").expect("an expression");
    let history = ports.replace_all(&history, "127.0.0.1:port").into_owned();
    [serde_json::to_string_pretty(&document).expect("a document"), transcripts.concat(), history]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_document_snapshots_and_history() {
    for vendor in VENDORS {
        for plan in [both, app] {
            let (first, second) = tokio::join!(left(plan(vendor)), left(plan(vendor)));
            for (one, other) in first.iter().zip(&second) {
                assert!(one.len() > 1000, "{vendor}: there is something to compare");
                assert_same(vendor, one, other);
            }
        }
    }
}

/// Fails with the first line that differs.
fn assert_same(vendor: &str, one: &str, other: &str) {
    let differs = one.lines().zip(other.lines()).enumerate().find(|(_, (one, other))| one != other);
    assert_eq!(differs, None, "{vendor}");
    assert_eq!(one.len(), other.len(), "{vendor}");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_sockets_the_references_conform_too() {
    let plans = [("sentiance", both("sentiance")), ("techcentrix", app("techcentrix"))];
    for (vendor, plan) in plans {
        let report = run(Plan { over_sockets: true, ..plan }).await;
        assert_eq!(findings(&report), [] as [String; 0], "{vendor}");
        assert_eq!(report.halted, None, "{vendor}");
        assert_eq!(report.exit_code(), exit::CLEAN, "{vendor}: {:?}", report.summary);
    }
}
