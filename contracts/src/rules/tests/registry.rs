use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::contract::{self, VENDORS};
use crate::requirements::{self, Requirements};
use crate::rules::{RULES, Rule};

/// The names that the folder gives: `key/in_wrong_place.rs` is `key/in-wrong-place`. Each comes with its file.
fn in_the_folder() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let mut names = Vec::new();
    for family in std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        if !family.is_dir() || family.ends_with("tests") {
            continue;
        }
        for file in std::fs::read_dir(&family).unwrap().map(|entry| entry.unwrap().path()) {
            let part = |path: &Path| path.file_stem().unwrap().to_str().unwrap().replace('_', "-");
            names.push((format!("{}/{}", part(&family), part(&file)), file));
        }
    }
    names.sort();
    names
}

fn requirements() -> Vec<Requirements> {
    VENDORS.iter().map(|vendor| requirements::builtin(vendor).unwrap()).collect()
}

#[test]
fn the_registry_is_sorted_and_is_the_folder() {
    let registered: Vec<_> = RULES.iter().map(|rule| rule.name.to_owned()).collect();
    let (names, _): (Vec<_>, Vec<_>) = in_the_folder().into_iter().unzip();
    assert_eq!(registered, names);
}

/// A rule passes only by evidence that could have failed it.
#[test]
fn every_rule_has_a_test_in_which_the_occasion_that_it_counts_convicts() {
    for (name, file) in in_the_folder() {
        let source = std::fs::read_to_string(file).unwrap();
        let Some((_, tests)) = source.split_once("mod tests {") else { panic!("{name} has no tests") };
        assert!(tests.contains("same_occasion(&RULE, "), "{name}");
        assert!(tests.contains("no_occasion(&RULE, "), "{name}");
    }
}

#[test]
fn a_name_is_a_family_and_an_offence_in_lower_case() {
    for rule in RULES {
        let (family, offence) = rule.name.split_once('/').unwrap();
        for part in [family, offence] {
            let plain = part.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            assert!(plain && !part.is_empty(), "{}", rule.name);
        }
    }
}

#[test]
fn a_statement_is_one_sentence_and_begins_the_page() {
    for Rule { name, statement, .. } in RULES {
        assert!(statement.starts_with(char::is_uppercase) && statement.ends_with('.'), "{name}: {statement}");
        assert!(!statement.contains(". ") && !statement.contains('\n'), "{name}: {statement}");
    }
    for rule in RULES {
        assert!(rule.page().starts_with(&format!("{}\n\n", rule.statement)), "{}", rule.name);
    }
}

#[test]
fn every_rule_is_documented_under_the_same_headings() {
    let wanted = ["What is wrong", "Why it matters", "How it is provoked", "What is right", "Example"];
    for rule in RULES {
        let page = rule.page();
        let headings: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
        assert_eq!(headings, wanted, "{}", rule.name);
        assert!(!rule.precondition.is_empty(), "{}", rule.name);
    }
}

#[test]
fn rules_never_name_a_vendor() {
    for rule in RULES {
        let page = rule.page().to_lowercase();
        assert!(!VENDORS.iter().any(|vendor| page.contains(vendor)), "{}", rule.name);
    }
}

#[test]
fn a_requirements_asks_for_every_rule() {
    let requirements = requirements();
    let asked: BTreeSet<_> =
        requirements.iter().flat_map(Requirements::all).flat_map(|requirement| &requirement.judged_by).collect();
    for rule in RULES {
        assert!(asked.contains(&rule.name.to_owned()), "{}", rule.name);
        assert!(requirements.iter().any(|requirements| requirements.of_rule(rule.name).is_some()), "{}", rule.name);
    }
}

#[test]
fn a_requirements_asks_for_no_rule_that_its_contract_gives_no_chance() {
    for vendor in VENDORS {
        let (contract, requirements) =
            (contract::builtin(vendor).unwrap().unwrap(), requirements::builtin(vendor).unwrap());
        for rule in RULES.iter().filter(|rule| requirements.of_rule(rule.name).is_some()) {
            let has = rule.needs.is_empty() || rule.needs.iter().any(|command| contract.has(*command));
            assert!(has, "{vendor}: {}", rule.name);
        }
    }
}
