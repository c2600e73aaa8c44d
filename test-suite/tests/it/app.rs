//! Apps on their stage: the reference is clean, and each mutant dies by its own rule alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_contracts::ledger;
use standin_test_suite::reference_app::{AppConduct, ConformingApp};
use standin_test_suite::report::VendorReport;
use standin_test_suite::sdk::{Sdk, SdkPlan};

use crate::support::{VENDORS, contract, findings};

fn plan(vendor: &str, conduct: Arc<dyn AppConduct>) -> SdkPlan {
    SdkPlan {
        contract: contract(vendor),
        ledger: Arc::new(ledger::builtin(vendor).expect("a ledger")),
        sdk: Sdk::App(conduct),
        name: "reference app".to_owned(),
        accepted: BTreeMap::new(),
        seed: 7,
        journey: None,
        rule: None,
        command: "standin verify".to_owned(),
        history: std::env::var_os("APP_HISTORY").map(|folder| std::path::PathBuf::from(folder).join(vendor)),
    }
}

async fn run(vendor: &str, conduct: Arc<dyn AppConduct>) -> VendorReport {
    plan(vendor, conduct).run(&|_| {}).await.expect("the run begins")
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_wrong_with_the_reference_app() {
    for vendor in VENDORS {
        let report = run(vendor, Arc::new(ConformingApp)).await;
        assert_eq!(report.halted, None, "{vendor}");
        assert_eq!(findings(&report), [] as [String; 0], "{vendor}");
    }
}
