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
    let mut wrong = Vec::new();
    for mutant in
        APP_MUTANTS.iter().filter(|m| std::env::var("ONLY").map_or(true, |o| o.split(',').any(|o| o == m.name)))
    {
        let mut killed = false;
        for vendor in VENDORS {
            let report = run(vendor, (mutant.make)()).await;
            let broken = with(&report, Verdict::Broken);
            killed |= broken.contains(&mutant.breaks);
            if report.halted.is_some() || broken.iter().any(|rule| *rule != mutant.breaks) {
                wrong.push(format!("{} on {vendor}: {:?} {:#?}", mutant.name, report.halted, findings(&report)));
            }
        }
        if !killed {
            for vendor in VENDORS {
                let report = run(vendor, (mutant.make)()).await;
                for rule in &report.rules {
                    if rule.rule == mutant.breaks {
                        println!("{vendor} {} {:?} {} {:?}", mutant.name, rule.verdict, rule.exercised, rule.reason);
                    }
                }
            }
            wrong.push(format!("{} was killed nowhere", mutant.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
