//! What does not conform: its registry. What kills it is in the kill matrix.

use std::collections::BTreeSet;

use standin_contracts::rules::RULES;
use standin_test_suite::mutants::MUTANTS;
use standin_test_suite::sdk_mutants::SDK_MUTANTS;

#[test]
fn every_rule_has_a_mutant() {
    let rules: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    let broken: BTreeSet<&str> = MUTANTS.iter().map(|mutant| mutant.breaks).collect();
    assert_eq!(broken, rules);
}

#[test]
fn the_lists_of_mutants_are_their_folders() {
    let mutants: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
    assert_eq!(mutants, files("mutants"));
    let sdk_mutants: Vec<&str> = SDK_MUTANTS.iter().map(|mutant| mutant.name).collect();
    assert_eq!(sdk_mutants, files("sdk_mutants"));
}

/// The names that the files of a folder stand for.
fn files(folder: &str) -> Vec<String> {
    let folder = crate::support::root().join("test-suite/src").join(folder);
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder")
        .filter_map(|entry| {
            entry.ok()?.file_name().into_string().ok()?.strip_suffix(".rs").map(|stem| stem.replace('_', "-"))
        })
        .filter(|stem| stem != "mod")
        .collect();
    files.sort();
    files
}
