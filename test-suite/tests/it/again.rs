//! The line under each finding that runs it again finds the same rule: for every mutant, and each scenario that caught it.

use std::collections::BTreeMap;

use standin_contracts::rules::Verdict;
use standin_test_suite::mutants::{MUTANTS, Mutant};
use standin_test_suite::report::VendorReport;
use standin_test_suite::run::Plan;
use standin_test_suite::sdk::Sdk;
use standin_test_suite::sdk_mutants::{SDK_MUTANTS, SdkMutant};

use crate::profiles::in_parallel;
use crate::sdk_matrix::alone;
use crate::support::{self, VENDORS, reference_plan, sdk_plan, with};

/// The value of a flag in a command.
fn flag(command: &str, name: &str) -> Option<String> {
    let mut words = command.split(' ').skip_while(|word| *word != name).skip(1);
    words.next().map(str::to_owned)
}

/// The plan that a line describes, of the same subject.
fn planned(line: &str, plan: Plan) -> Plan {
    let seed = flag(line, "--seed").expect("a seed").parse().expect("a number");
    Plan { rule: flag(line, "--rule"), scenario: flag(line, "--scenario"), seed, ..plan }
}

/// One line for each scenario of the findings of a rule.
fn lines(report: &VendorReport, rule: &str) -> BTreeMap<String, String> {
    let found = report.rules.iter().filter(|one| one.rule == rule).flat_map(|one| &one.findings);
    found.map(|finding| (finding.scenario.clone().unwrap_or_default(), finding.replay.clone())).collect()
}

/// The lines that don't find their rule again, on the first vendor on which the mutant is caught.
async fn lost(name: &str, breaks: &str, plan: impl Fn(&str) -> Plan) -> Vec<String> {
    for vendor in VENDORS {
        let report = support::run(plan(vendor)).await;
        let lines = lines(&report, breaks);
        let mut lost = Vec::new();
        for line in lines.values() {
            let again = support::run(planned(line, plan(vendor))).await;
            if !with(&again, Verdict::Failed).contains(&breaks) {
                lost.push(format!("{name} on {vendor}: {line}"));
            }
        }
        if !lines.is_empty() {
            return lost;
        }
    }
    vec![format!("{name} is caught nowhere")]
}

#[test]
fn each_line_of_an_sdks_finding_finds_it_again() {
    let play = |mutant: &SdkMutant| {
        let plan = |vendor: &str| Plan { seed: 7, ..sdk_plan(vendor, Sdk::Reference((mutant.make)())) };
        alone(lost(mutant.name, mutant.breaks, plan))
    };
    assert_eq!(in_parallel(SDK_MUTANTS, play).concat(), [] as [String; 0]);
}

#[test]
fn each_line_of_a_backends_finding_finds_it_again() {
    let play =
        |mutant: &Mutant| alone(lost(mutant.name, mutant.breaks, |vendor| reference_plan(vendor, (mutant.make)())));
    assert_eq!(in_parallel(MUTANTS, play).concat(), [] as [String; 0]);
}
