//! The small SDKs in other languages, driven through their adapters.

use std::sync::Arc;

use standin_contracts::rules::Verdict;
use standin_test_suite::adapter::probe::{Integrity, probe};
use standin_test_suite::adapter::{Running, start};
use standin_test_suite::driver::VerifyFile;
use standin_test_suite::reference_sdk::{ConformingSdk, ReferenceSdk};
use standin_test_suite::report::{VendorReport, exit};
use standin_test_suite::run::Plan;
use standin_test_suite::sdk::Sdk;

use crate::processes::has;
use crate::support::{contract, findings, root, run, sdk_plan, with};

async fn started(file: &str) -> Running {
    let path = root().join(file);
    let sdk = VerifyFile::read(&path).expect("a good file").sdk.expect("an SDK");
    start(&sdk, path.parent().expect("a folder")).await.expect("it starts")
}

/// The integrity of the adapter that a file describes.
async fn probed(file: &str) -> Integrity {
    let vendor = VerifyFile::read(&root().join(file)).expect("a good file").vendor;
    probe(Arc::new(started(file).await), contract(&vendor)).await.expect("it can be probed")
}

/// The report of `standin verify` for a file.
async fn judge(file: &str) -> VendorReport {
    let path = root().join(file);
    let VerifyFile { vendor, sdk, accepted, .. } = VerifyFile::read(&path).expect("a good file");
    let folder = path.parent().expect("a folder").to_owned();
    let sdk = Sdk::Outside(Box::new(sdk.expect("an SDK")), folder);
    run(Plan { accepted, ..sdk_plan(&vendor, sdk) }).await
}

/// Checks that no rule failed and that these were exercised.
fn is_green(report: &VendorReport, seen: &[&str]) {
    assert_eq!(findings(report), [] as [String; 0]);
    assert_eq!(report.exit_code(), exit::CLEAN, "{:#?} {:?}", report.summary, report.halted);
    let passed = with(report, Verdict::Passed);
    assert!(seen.iter().all(|rule| passed.contains(rule)), "{passed:?}");
}

/// Checks that exactly these rules failed.
fn is_broken(report: &VendorReport, rules: &[&str]) {
    assert_eq!(with(report, Verdict::Failed), rules, "{:#?}", findings(report));
    assert_eq!(report.exit_code(), exit::FAILED);
    assert_eq!(report.halted, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_adapter_can_be_relied_upon() {
    if has("python3") {
        assert_eq!(probed("examples/python/sdk-sentiance.toml").await, Integrity::default());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_adapter_can_be_relied_upon() {
    if has("node") {
        assert_eq!(probed("examples/node/sdk-finbox.toml").await, Integrity::default());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_found_wrong_with_the_python_sdk() {
    if has("python3") {
        let seen = ["credential/reused", "session/deactivated-sends", "sync/item-lost", "user/created-twice"];
        is_green(&judge("examples/python/sdk-sentiance.toml").await, &seen);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_found_wrong_with_the_node_sdk() {
    if has("node") {
        let seen =
            ["session/refresh-storm", "sync/item-lost", "sync/no-backoff", "sync/off-schedule", "sync/retry-changed"];
        is_green(&judge("examples/node/sdk-finbox.toml").await, &seen);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_faulty_python_sdk_fails_for_its_three_faults() {
    if has("python3") {
        let faults = ["session/deactivated-sends", "session/used-after-end", "sync/without-permission"];
        is_broken(&judge("examples/python/faulty-sdk-sentiance.toml").await, &faults);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_faulty_node_sdk_fails_for_its_three_faults() {
    if has("node") {
        let faults = ["session/used-after-end", "sync/retries-the-hopeless", "sync/retry-after-ignored"];
        is_broken(&judge("examples/node/faulty-sdk-finbox.toml").await, &faults);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_sdk_can_be_relied_upon() {
    for vendor in standin_contracts::contract::VENDORS {
        let adapter = ReferenceSdk::new(contract(vendor), Arc::new(ConformingSdk), 1);
        let integrity = probe(Arc::new(adapter), contract(vendor)).await.expect("it can be probed");
        assert_eq!(integrity, Integrity::default(), "{vendor}");
    }
}
