//! The small SDKs in other languages, driven through their adapters.

use std::sync::Arc;

use standin_contracts::ledger;
use standin_test_suite::adapter::probe::{Integrity, probe};
use standin_test_suite::adapter::{Running, start};
use standin_test_suite::driver::VerifyFile;
use standin_test_suite::sdk::{Sdk, SdkPlan};

use crate::processes::has_python;
use crate::support::{contract, findings, root};

async fn started(file: &str) -> Running {
    let path = root().join(file);
    let sdk = VerifyFile::read(&path).expect("a good file").sdk.expect("an SDK");
    start(&sdk, path.parent().expect("a folder")).await.expect("it starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_adapter_can_be_relied_upon() {
    if has_python() {
        let adapter = started("examples/python/sdk-sentiance.toml").await;
        assert_eq!(probe(&adapter, contract("sentiance")).await.expect("it can be probed"), Integrity::default());
        adapter.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_found_wrong_with_the_first_start_of_the_python_sdk() {
    if has_python() {
        let adapter = started("examples/python/sdk-sentiance.toml").await;
        let contract = contract("sentiance");
        let plan = SdkPlan {
            ledger: Arc::new(ledger::builtin("sentiance").expect("a ledger")),
            contract,
            sdk: Sdk::Adapter(Arc::new(adapter)),
            name: "small Sentiance SDK in Python".to_owned(),
            accepted: std::collections::BTreeMap::new(),
            seed: 1,
            journey: Some("first-start".to_owned()),
            rule: None,
            command: String::new(),
            history: None,
        };
        let report = plan.run(&|_| {}).await.expect("the run begins");
        assert_eq!(findings(&report), [] as [String; 0]);
        assert_eq!(report.journeys.len(), 1);
    }
}
