//! What does not conform: its registry. What kills it is in the kill matrix.

use std::collections::BTreeSet;

use standin_contracts::history::Subject;
use standin_contracts::rules::RULES;
use standin_test_suite::app_mutants::APP_MUTANTS;
use standin_test_suite::mutants::MUTANTS;
use standin_test_suite::sdk::APP_JOURNEYS;
use standin_test_suite::sdk_mutants::SDK_MUTANTS;

#[test]
fn every_rule_about_client_backends_has_a_mutant() {
    let about = RULES.iter().filter(|rule| rule.subjects.contains(&Subject::ClientBackend));
    let broken: BTreeSet<&str> = MUTANTS.iter().map(|mutant| mutant.breaks).collect();
    assert_eq!(broken, about.map(|rule| rule.name).collect());
}

#[test]
fn every_sdk_mutant_breaks_a_rule_about_sdks() {
    let about = RULES.iter().filter(|rule| rule.subjects.contains(&Subject::Sdk));
    let rules: BTreeSet<&str> = about.map(|rule| rule.name).collect();
    for mutant in SDK_MUTANTS {
        assert!(rules.contains(mutant.breaks), "{}: {}", mutant.name, mutant.breaks);
    }
}

#[test]
fn every_app_mutant_breaks_a_rule_about_apps() {
    let about = RULES.iter().filter(|rule| rule.subjects.contains(&Subject::App));
    let rules: BTreeSet<&str> = about.map(|rule| rule.name).collect();
    for mutant in APP_MUTANTS {
        assert!(rules.contains(mutant.breaks), "{}: {}", mutant.name, mutant.breaks);
    }
}

#[test]
fn the_list_of_journeys_of_an_app_is_their_folder() {
    let journeys: BTreeSet<&str> = APP_JOURNEYS.iter().map(|journey| journey.name).collect();
    let files: Vec<String> = files("sdk/app_journeys").iter().map(|file| format!("app-{file}")).collect();
    assert_eq!(journeys, files.iter().map(String::as_str).collect());
}

#[test]
fn the_lists_of_mutants_are_their_folders() {
    let mutants: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
    assert_eq!(mutants, files("mutants"));
    let sdk_mutants: Vec<&str> = SDK_MUTANTS.iter().map(|mutant| mutant.name).collect();
    assert_eq!(sdk_mutants, files("sdk_mutants"));
    let app_mutants: Vec<&str> = APP_MUTANTS.iter().map(|mutant| mutant.name).collect();
    assert_eq!(app_mutants, files("app_mutants"));
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
