//! The report: as text for a person, and as data for a program.

use std::sync::Arc;

use standin_test_suite::mutants::MUTANTS;
use standin_test_suite::reference::Conforming;
use standin_test_suite::report::{RunDocument, render};

use crate::support::{check_generated, reference_plan, run};

/// A scenario without concurrency, so that every number in the report is always the same.
async fn document(mutant: &str, scenario: &str) -> RunDocument {
    let mutant = MUTANTS.iter().find(|known| known.name == mutant).expect("a mutant");
    let mut plan = reference_plan("sentiance", (mutant.make)());
    plan.scenario = Some(scenario.to_owned());
    RunDocument::new(1, vec![run(plan).await])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_is_shown_as_a_sequence_with_actors() {
    insta::assert_snapshot!(render(&document("believes-app", "names-victim").await, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_say_nothing_that_words_do_not() {
    let document = document("key-in-query", "several-users").await;
    let coloured = render(&document, true);
    assert!(coloured.contains("\u{1b}["));
    let mut plain = String::new();
    let mut parts = coloured.split("\u{1b}[");
    plain += parts.next().unwrap_or_default();
    for part in parts {
        plain += part.split_once('m').map_or("", |(_, text)| text);
    }
    assert_eq!(plain, render(&document, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_report_is_valid_against_its_schema() {
    let schema = serde_json::Value::from(schemars::schema_for!(RunDocument));
    let broken = document("believes-app", "names-victim").await;
    let clean = RunDocument::new(1, vec![run(reference_plan("finbox", Arc::new(Conforming))).await]);
    for document in [broken, clean] {
        let json = serde_json::to_value(&document).expect("a report");
        let schema = standin_contracts::contract::Schema::compile(schema.clone()).expect("a schema");
        assert_eq!(schema.problems(&json), [] as [String; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_a_report_or_in_a_history() {
    let folder = tempfile::tempdir().expect("a folder");
    let mutant = MUTANTS.iter().find(|known| known.name == "hands-over-key").expect("the mutant");
    let mut plan = reference_plan("sentiance", (mutant.make)());
    plan.history = Some(folder.path().to_owned());
    let document = RunDocument::new(1, vec![run(plan).await]);
    let report = serde_json::to_string(&document).expect("a report");
    let history = std::fs::read_to_string(folder.path().join("default.jsonl")).expect("the history");
    for secret in [
        "standin-server-key",
        "c3RhbmRpbi1zZXJ2ZXIta2V5",
        "login-of-alice",
        "mphjo-pg-bmjdf",
        "alice@example.org",
        "+15550100",
    ] {
        assert!(!report.contains(secret), "the report holds {secret}");
        assert!(!history.contains(secret), "the history holds {secret}");
    }
    assert!(history.contains("server_key#1[base64]"));
}

#[test]
fn the_generated_page_of_rules_is_up_to_date() {
    check_generated("docs/rules.md", &standin_contracts::rules::book().expect("the requirements"));
}
