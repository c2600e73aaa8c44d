//! SDKs in their harness: the reference is clean. Verdicts on others are in the kill matrix of SDKs.

use std::sync::Arc;

use standin_contracts::history::Subject;
use standin_contracts::rules::RULES;
use standin_test_suite::recorded::{Bound, Check};
use standin_test_suite::reference_sdk::{ConformingSdk, SdkBehaviour};
use standin_test_suite::report::{VendorReport, exit};
use standin_test_suite::run::Plan;
use standin_test_suite::sdk::Sdk;
use standin_test_suite::sdk::cases::{SdkCaseRunner, quiet_runtime};

use crate::support::{self, findings, sdk_plan};

/// The vendors for whose SDKs every required rule is exercised.
const VENDORS: &[&str] = &["techcentrix", "sentiance", "finbox"];

pub(crate) async fn run(vendor: &str, behaviour: Arc<dyn SdkBehaviour>) -> VendorReport {
    support::run(Plan { seed: 7, ..sdk_plan(vendor, Sdk::Reference(behaviour)) }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_sdk_is_green_where_every_rule_is_exercised() {
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
async fn each_scenario_judged_alone_tells_what_the_whole_history_tells() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = sdk_plan("sentiance", Sdk::Reference(Arc::new(ConformingSdk)));
    let bound = Bound { contract: (*plan.contract).clone(), requirements: (*plan.requirements).clone() };
    let alone = support::run(Plan { seed: 7, history: Some(folder.path().to_owned()), ..plan }).await;
    let bytes = std::fs::read(folder.path().join("default.jsonl")).expect("the history");
    let history = standin_contracts::history::read(&bytes).expect("a history");
    let whole = Check { bound: vec![bound], rule: None }.judge("a history", "standin check", &history);
    let whole = whole.expect("it can be judged").remove(0);
    let scenarios = |report: &VendorReport| {
        report.rules.iter().map(|rule| (rule.rule.clone(), rule.scenarios.clone())).collect::<Vec<_>>()
    };
    assert_eq!(scenarios(&alone), scenarios(&whole));
}

#[test]
fn no_rule_finds_anything_in_generated_cases_of_the_reference_sdk() {
    let runtime = quiet_runtime().expect("a runtime");
    for vendor in VENDORS {
        let Plan { contract, requirements, .. } = support::plan(vendor);
        let runner = SdkCaseRunner::of_reference(contract, requirements, Arc::new(ConformingSdk), 11);
        let config = runtime.block_on(runner.config()).expect("it tells");
        for number in 0..8 {
            let case = config.case(11, number, 40).expect("it is generated");
            let seen = runtime.block_on(runner.play(&case)).expect("it is played");
            assert_eq!(seen.findings(), [] as [String; 0], "{vendor}, case {number}: {case:#?}");
        }
    }
}
