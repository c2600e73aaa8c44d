//! The registries of mutants and conforming variants. The verdicts on them are in the kill matrices.

use std::collections::BTreeSet;

use standin_contracts::history::Subject;
use standin_contracts::rules::RULES;
use standin_test_suite::app_mutants::APP_MUTANTS;
use standin_test_suite::mutants::MUTANTS;
use standin_test_suite::sdk::APP_SCENARIOS;
use standin_test_suite::sdk_mutants::SDK_MUTANTS;
use standin_test_suite::sdk_variants::SDK_VARIANTS;

/// Every kind of subject, with the rules that its mutants break.
fn kinds() -> Vec<(Subject, BTreeSet<&'static str>)> {
    vec![
        (Subject::ClientBackend, MUTANTS.iter().map(|mutant| mutant.breaks).collect()),
        (Subject::Sdk, SDK_MUTANTS.iter().map(|mutant| mutant.breaks).collect()),
        (Subject::App, APP_MUTANTS.iter().map(|mutant| mutant.breaks).collect()),
    ]
}

#[test]
fn every_rule_has_a_mutant_of_each_kind_that_it_is_about() {
    let kinds = kinds();
    for (subject, broken) in &kinds {
        let about = RULES.iter().filter(|rule| rule.subjects.contains(subject));
        assert_eq!(*broken, about.map(|rule| rule.name).collect(), "{subject:?}");
    }
    let is_known = |subject: &Subject| kinds.iter().any(|(kind, _)| kind == subject);
    assert!(RULES.iter().flat_map(|rule| rule.subjects).all(is_known));
}

#[test]
fn the_list_of_scenarios_of_an_app_is_their_folder() {
    let scenarios: BTreeSet<&str> = APP_SCENARIOS.iter().map(|scenario| scenario.name).collect();
    let files: Vec<String> = files("sdk/app_scenarios").iter().map(|file| format!("app-{file}")).collect();
    assert_eq!(scenarios, files.iter().map(String::as_str).collect());
}

#[test]
fn the_lists_of_mutants_and_of_sdk_variants_are_their_folders() {
    let mutants: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
    assert_eq!(mutants, files("mutants"));
    let sdk_mutants: Vec<&str> = SDK_MUTANTS.iter().map(|mutant| mutant.name).collect();
    assert_eq!(sdk_mutants, files("sdk_mutants"));
    let sdk_variants: Vec<&str> = SDK_VARIANTS.iter().map(|variant| variant.name).collect();
    assert_eq!(sdk_variants, files("sdk_variants"));
    let app_mutants: Vec<&str> = APP_MUTANTS.iter().map(|mutant| mutant.name).collect();
    assert_eq!(app_mutants, files("app_mutants"));
}

/// The names after which the files of a folder are named.
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
