//! Apps on their stage: the reference is clean, and each mutant dies by its own rule alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_contracts::ledger;
use standin_contracts::rules::Verdict;
use standin_test_suite::app_mutants::APP_MUTANTS;
use standin_test_suite::reference_app::{AppConduct, ConformingApp};
use standin_test_suite::report::VendorReport;
use standin_test_suite::sdk::{Sdk, SdkPlan};

use crate::support::{VENDORS, contract, findings, with};

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

#[tokio::test(flavor = "multi_thread")]
async fn each_app_mutant_dies_by_its_own_rule_alone() {
    for mutant in APP_MUTANTS {
        let mut killed = false;
        for vendor in VENDORS {
            let report = run(vendor, (mutant.make)()).await;
            assert_eq!(report.halted, None, "{} on {vendor}", mutant.name);
            let broken = with(&report, Verdict::Broken);
            let is_its_own = broken.iter().all(|rule| *rule == mutant.breaks);
            assert!(is_its_own, "{} on {vendor}: {:#?}", mutant.name, findings(&report));
            killed |= !broken.is_empty();
        }
        assert!(killed, "{} was killed nowhere", mutant.name);
    }
}
