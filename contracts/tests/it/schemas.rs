//! The published JSON Schemas of Standin's own formats. `STANDIN_BLESS=1 cargo test` rewrites them.

use serde_json::Value;
use standin_contracts::contract::{Schema, annotation_schema};
use standin_contracts::history::history_schema;

use crate::support::root;

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for (name, schema) in [("contract", annotation_schema()), ("history", history_schema())] {
        let path = root().join(format!("contracts/schemas/{name}.json"));
        let text = format!("{schema:#}\n");
        if std::env::var_os("STANDIN_BLESS").is_some() {
            std::fs::write(&path, &text).expect("the schema is written");
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(published == text, "{} is out of date: run the tests with STANDIN_BLESS=1", path.display());
    }
}

#[test]
fn the_published_schemas_explain_each_of_their_parts() {
    for schema in [annotation_schema(), history_schema()] {
        Schema::compile(schema.clone()).expect("a schema");
        assert!(schema["$schema"].as_str().is_some_and(|draft| draft.contains("2020-12")));
        let mut silent = Vec::new();
        look(&schema, "", &mut silent);
        assert_eq!(silent, [] as [String; 0], "members without a description");
    }
}

/// Members without a description. A reference needs none, and neither does the only member of a described choice.
fn look(schema: &Value, place: &str, silent: &mut Vec<String>) {
    let members =
        schema["properties"].as_object().filter(|members| members.len() > 1 || schema.get("description").is_none());
    for (name, below) in members.into_iter().flatten() {
        let is_said = ["description", "$ref", "const"].iter().any(|word| below.get(word).is_some());
        if !is_said {
            silent.push(format!("{place}/{name}"));
        }
    }
    match schema {
        Value::Object(members) => {
            for (name, below) in members {
                look(below, &format!("{place}/{name}"), silent);
            }
        }
        Value::Array(items) => items.iter().for_each(|below| look(below, place, silent)),
        _ => {}
    }
}
