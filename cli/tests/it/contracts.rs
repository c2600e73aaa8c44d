//! `standin contract`, `standin rules`, `standin schema`.

use serde_json::Value;

use crate::support::{ends, refuses};

#[test]
fn good_contracts_are_told_so() {
    let (out, _) = ends(&["contract", "check", "fixtures/contracts/junction.yaml"], 0);
    assert!(out.contains("is a good contract: vendor `junction`"), "{out}");
}

#[test]
fn a_file_that_is_no_contract_is_refused() {
    assert!(refuses(&["contract", "check", "no-such-file.yaml"]).contains("no-such-file.yaml"));
    let (_, err) = ends(&["contract", "check", "README.md", "fixtures/contracts/junction.yaml"], 2);
    assert!(err.contains("README.md:"), "{err}");
}

#[test]
fn a_file_that_can_not_be_read_hides_no_other() {
    let (out, err) = ends(&["contract", "check", "no-such-file.yaml", "fixtures/contracts/minimal.yaml"], 2);
    assert!(out.contains("minimal.yaml is a good contract"), "{out}");
    assert!(err.contains("no-such-file.yaml"), "{err}");
}

#[test]
fn an_operation_that_can_not_be_served_is_a_mistake_with_its_place() {
    let file = "fixtures/bad-contracts/unserved-without-a-field.yaml";
    let err = refuses(&["contract", "check", file]);
    assert!(err.contains(&format!("{file}:10:5")) && err.contains("`x-field: external_id`"), "{err}");
}

#[test]
fn vendors_are_listed_and_shown() {
    let (out, _) = ends(&["contract", "list"], 0);
    assert_eq!(out.lines().count(), 3);
    let (out, _) = ends(&["contract", "show", "sentiance"], 0);
    assert!(out.contains("POST /users/auth-code") && out.contains("sentiance.credential.lifetime"), "{out}");
}

#[test]
fn every_rule_in_the_list_has_a_page() {
    let (out, _) = ends(&["rules"], 0);
    for line in out.lines() {
        let name = line.split_whitespace().next().expect("a name");
        let (page, _) = ends(&["rules", name], 0);
        assert!(page.starts_with(name), "{page}");
    }
    assert!(refuses(&["rules", "key/outside"]).contains("key/outside-server-leg"));
}

#[test]
fn every_schema_is_a_json_schema() {
    for format in ["contract", "verify", "serve", "report", "history", "adapter"] {
        let (out, _) = ends(&["schema", format], 0);
        let schema: Value = serde_json::from_str(&out).expect("JSON");
        assert!(schema.is_object(), "{format}");
        standin_contracts::contract::Schema::compile(schema).unwrap_or_else(|why| panic!("{format}: {}", why.why));
    }
}
