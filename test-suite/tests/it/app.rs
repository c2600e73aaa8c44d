//! Apps in their harness: the reference is clean, and each mutant is killed by its own rule alone.

use std::sync::Arc;

use standin_contracts::history::Subject;
use standin_contracts::rules::{RULES, Verdict};
use standin_test_suite::adapter::probe::probe;
use standin_test_suite::app_mutants::APP_MUTANTS;
use standin_test_suite::reference_app::{AppBehaviour, ConformingApp, ReferenceApp};
use standin_test_suite::reference_sdk::{ConformingSdk, ReferenceSdk};
use standin_test_suite::report::{RuleReport, VendorReport, exit};
use standin_test_suite::run::Plan;
use standin_test_suite::sdk::Sdk;

use crate::support::{VENDORS, contract, findings, sdk_plan, with};

async fn run(vendor: &str, behaviour: Arc<dyn AppBehaviour>) -> VendorReport {
    Plan { seed: 7, ..sdk_plan(vendor, Sdk::App(behaviour)) }.run(&|_| {}).await.expect("the run begins")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_app_is_green() {
    for vendor in VENDORS {
        let report = run(vendor, Arc::new(ConformingApp)).await;
        assert_eq!(report.halted, None, "{vendor}");
        assert_eq!(findings(&report), [] as [String; 0], "{vendor}");
        let is_not_exercised =
            |rule: &&RuleReport| matches!(rule.verdict, Verdict::NotExercised | Verdict::NotTestable);
        let not_exercised =
            report.rules.iter().filter(|rule| rule.promised).filter(is_not_exercised).map(|rule| rule.rule.as_str());
        // Junction has the common requirements, which don't say when it wants credentials. Its interval is not public.
        let open: &[&str] = match *vendor {
            "junction" => &["credential/not-fresh-at-start", "sync/interval-unit"],
            _ => &[],
        };
        assert_eq!(not_exercised.collect::<Vec<_>>(), open, "{vendor}");
        assert_eq!(report.exit_code(), exit::CLEAN, "{vendor}: {:?}", report.summary);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_app_mutant_dies_by_its_own_rule_alone() {
    let mut wrong = Vec::new();
    for mutant in APP_MUTANTS {
        let mut killed = false;
        for vendor in VENDORS {
            let report = run(vendor, (mutant.make)()).await;
            let broken = with(&report, Verdict::Failed);
            killed |= broken.contains(&mutant.breaks);
            if report.halted.is_some() || broken.iter().any(|rule| *rule != mutant.breaks) {
                wrong.push(format!("{} on {vendor}: {:?} {:#?}", mutant.name, report.halted, findings(&report)));
            }
        }
        if !killed {
            wrong.push(format!("{} was killed nowhere", mutant.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_judged_by_the_rules_about_apps_and_about_the_sdk_in_it() {
    let report = run("finbox", Arc::new(ConformingApp)).await;
    let judged: Vec<&str> = report.rules.iter().map(|rule| rule.rule.as_str()).collect();
    let subjects = [Subject::App, Subject::Sdk];
    let about = RULES.iter().filter(|rule| rule.subjects.iter().any(|subject| subjects.contains(subject)));
    assert_eq!(judged, about.map(|rule| rule.name).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_adapter_of_the_reference_app_can_be_relied_upon() {
    for vendor in VENDORS {
        let sdk = ReferenceSdk::new(contract(vendor), Arc::new(ConformingSdk), 1);
        let app = ReferenceApp::new(sdk, contract(vendor), Arc::new(ConformingApp));
        let seen = probe(Arc::new(app), contract(vendor)).await.expect("it can be tried");
        assert_eq!(seen.violations, [], "{vendor}");
    }
}
