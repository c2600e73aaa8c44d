//! What does not conform: its registry, and the lines that run its findings again. What kills it is in the kill matrix.

use std::collections::BTreeSet;
use std::sync::Arc;

use standin_contracts::rules::RULES;
use standin_test_suite::mutants::MUTANTS;
use standin_test_suite::reference::Conforming;
use standin_test_suite::report::exit;
use standin_test_suite::run::Plan;

use crate::support::{reference_plan, run};

#[tokio::test(flavor = "multi_thread")]
async fn the_line_that_runs_a_finding_again_is_green_once_the_mistake_is_mended() {
    for mutant in MUTANTS {
        let vendor = if mutant.breaks.starts_with("readback/") { "finbox" } else { "sentiance" };
        let report = run(reference_plan(vendor, (mutant.make)())).await;
        let findings = report.rules.iter().flat_map(|rule| &rule.findings);
        let journeys: BTreeSet<&String> = findings.filter_map(|finding| finding.journey.as_ref()).collect();
        assert!(!journeys.is_empty(), "{}", mutant.name);
        for journey in journeys {
            let again = |conduct| Plan {
                journey: Some(journey.clone()),
                rule: Some(mutant.breaks.to_owned()),
                ..reference_plan(vendor, conduct)
            };
            let mended = run(again(Arc::new(Conforming))).await;
            assert_eq!(mended.exit_code(), exit::CLEAN, "{} in {journey}: {:?}", mutant.breaks, mended.rules);
        }
    }
}

#[test]
fn every_rule_has_a_mutant() {
    let rules: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    let broken: BTreeSet<&str> = MUTANTS.iter().map(|mutant| mutant.breaks).collect();
    assert_eq!(broken, rules);
}

#[test]
fn the_list_of_mutants_is_the_folder() {
    let folder = crate::support::root().join("test-suite/src/mutants");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder")
        .filter_map(|entry| {
            entry.ok()?.file_name().into_string().ok()?.strip_suffix(".rs").map(|stem| stem.replace('_', "-"))
        })
        .filter(|stem| stem != "mod")
        .collect();
    files.sort();
    let listed: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
    assert_eq!(listed, files);
}
