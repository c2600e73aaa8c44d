//! What does not conform: each mutant turns exactly its rule red, wherever the rule applies.

use std::collections::BTreeSet;
use std::sync::Arc;

use standin_contracts::ledger::Level;
use standin_contracts::rules::{RULES, Verdict};
use standin_test_suite::mutants::MUTANTS;
use standin_test_suite::reference::Conforming;
use standin_test_suite::report::exit;
use standin_test_suite::run::Plan;

use crate::support::{VENDORS, findings, reference_plan, run, with};

#[tokio::test(flavor = "multi_thread")]
async fn each_mutant_turns_its_rule_red_and_no_other() {
    for mutant in MUTANTS {
        let mut caught = 0;
        for vendor in VENDORS {
            let report = run(reference_plan(vendor, (mutant.make)())).await;
            if with(&report, Verdict::NotApplicable).contains(&mutant.breaks) {
                assert_eq!(findings(&report), [] as [String; 0], "{} on {vendor}", mutant.name);
                continue;
            }
            let broken = with(&report, Verdict::Broken);
            assert_eq!(broken, [mutant.breaks], "{} on {vendor}: {:#?}", mutant.name, findings(&report));
            let is_must = report.rules.iter().any(|rule| rule.rule == mutant.breaks && rule.level == Some(Level::Must));
            let expected = if is_must { exit::BROKEN } else { exit::CLEAN };
            assert_eq!(report.exit_code(), expected, "{} on {vendor}", mutant.name);
            caught += 1;
        }
        assert!(caught > 0, "{} was caught nowhere", mutant.name);
    }
}

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
