//! The small SDKs in other languages, driven through their adapters.

use std::sync::Arc;

use standin_contracts::rules::Verdict;
use standin_test_suite::adapter::probe::{Integrity, probe};
use standin_test_suite::adapter::{Running, start};
use standin_test_suite::driver::VerifyFile;
use standin_test_suite::reference_sdk::{ConformingSdk, ReferenceSdk};
use standin_test_suite::sdk::Sdk;

use crate::processes::has_python;
use crate::support::{contract, findings, root, run, sdk_plan, with};

async fn started(file: &str) -> Running {
    let path = root().join(file);
    let sdk = VerifyFile::read(&path).expect("a good file").sdk.expect("an SDK");
    start(&sdk, path.parent().expect("a folder")).await.expect("it starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_adapter_can_be_relied_upon() {
    if has_python() {
        let adapter = Arc::new(started("examples/python/sdk-sentiance.toml").await);
        assert_eq!(probe(adapter, contract("sentiance")).await.expect("it can be probed"), Integrity::default());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_found_wrong_with_the_python_sdk() {
    if has_python() {
        let adapter = Arc::new(started("examples/python/sdk-sentiance.toml").await);
        let report = run(sdk_plan("sentiance", Sdk::Adapter(adapter))).await;
        assert_eq!(findings(&report), [] as [String; 0]);
        assert_eq!(report.halted, None);
        let seen = ["credential/reused", "session/deactivated-sends", "sync/item-lost", "user/created-twice"];
        let held = with(&report, Verdict::Held);
        assert!(seen.iter().all(|rule| held.contains(rule)), "{held:?}");
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
