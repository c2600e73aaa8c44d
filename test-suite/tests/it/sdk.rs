//! SDKs on their stage: the reference is clean, and each mutant dies by its own rule alone.

use std::sync::Arc;

use standin_contracts::history::Subject;
use standin_contracts::rules::{RULES, Verdict};
use standin_test_suite::reference_sdk::{ConformingSdk, SdkConduct};
use standin_test_suite::report::{VendorReport, exit};
use standin_test_suite::run::Plan;
use standin_test_suite::sdk::Sdk;
use standin_test_suite::sdk::lives::{LifeBench, generate};
use standin_test_suite::sdk_mutants::SDK_MUTANTS;

use crate::support::{self, findings, sdk_plan, with};

const VENDORS: &[&str] = &["techcentrix", "sentiance", "finbox"];

async fn run(vendor: &str, conduct: Arc<dyn SdkConduct>) -> VendorReport {
    support::run(Plan { seed: 7, ..sdk_plan(vendor, Sdk::Reference(conduct)) }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_sdk_is_green_where_it_is_held() {
    for vendor in VENDORS {
        let report = run(vendor, Arc::new(ConformingSdk)).await;
        assert_eq!(report.halted, None, "{vendor}");
        assert_eq!(findings(&report), [] as [String; 0], "{vendor}");
        assert_eq!(report.exit_code(), exit::CLEAN, "{vendor}: {:?}", report.summary);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sdk_is_judged_by_the_rules_about_sdks_alone() {
    let report = run("sentiance", Arc::new(ConformingSdk)).await;
    let judged: Vec<&str> = report.rules.iter().map(|rule| rule.rule.as_str()).collect();
    let about = RULES.iter().filter(|rule| rule.subjects.contains(&Subject::Sdk));
    assert_eq!(judged, about.map(|rule| rule.name).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sdk_mutant_dies_by_its_own_rule_alone() {
    for mutant in SDK_MUTANTS {
        let mut killed = false;
        for vendor in VENDORS {
            let report = run(vendor, (mutant.make)()).await;
            let broken = with(&report, Verdict::Broken);
            let is_its_own = broken.iter().all(|rule| *rule == mutant.breaks);
            assert!(is_its_own, "{} on {vendor}: {:#?}", mutant.name, findings(&report));
            killed |= !broken.is_empty();
        }
        assert!(killed, "{} was killed nowhere", mutant.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_rule_finds_anything_in_generated_lives_of_the_reference_sdk() {
    for vendor in VENDORS {
        let Plan { contract, ledger, .. } = support::plan(vendor);
        let bench =
            LifeBench { contract: contract.clone(), ledger, conduct: Arc::new(ConformingSdk), seed: 11, history: None };
        for case in 0..8 {
            let life = generate(&contract, 11, case, 40).expect("it is generated");
            let seen = bench.play(&life).await.expect("it is played");
            assert_eq!(seen.findings(), [] as [String; 0], "{vendor}, life {case}: {life:#?}");
        }
    }
}
