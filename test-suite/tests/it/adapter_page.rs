//! The page for SDK authors, `docs/adapter.md`: each of its examples is valid, and none is missing.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use standin_contracts::contract::Schema;
use standin_contracts::protocol::SdkCommandName;
use standin_test_suite::adapter::{
    About, AnswerLine, CAPABILITIES, CommandResult, RequestLine, SdkCommand, Setup, Storage, adapter_schema,
};

use crate::support::root;

/// The text of the blocks whose fence begins with this.
fn blocks(fence: &str) -> Vec<String> {
    let page = std::fs::read_to_string(root().join("docs/adapter.md")).expect("the page");
    let start = format!("```{fence}\n");
    let found = page.split(&start).skip(1);
    found.map(|rest| rest.split("\n```").next().unwrap_or_default().to_owned()).collect()
}

/// The messages in the blocks of one kind. Commands and results have one line each.
fn messages(kind: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for block in blocks(&format!("json {kind}")) {
        let one = serde_json::from_str(&block).map(|whole| vec![whole]);
        let each = || block.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        found.extend(one.unwrap_or_else(|_| each()));
    }
    assert!(!found.is_empty(), "the page has no example of {kind}");
    found
}

/// The messages inside sentences that begin with this.
fn quoted(start: &str) -> Vec<Value> {
    let page = std::fs::read_to_string(root().join("docs/adapter.md")).expect("the page").replace(": ", ":");
    let fence = format!("`{start}");
    let found = page.split(&fence).skip(1).map(|rest| rest.split('`').next().unwrap_or_default());
    let found: Vec<Value> = found.map(|rest| serde_json::from_str(&format!("{start}{rest}")).expect(rest)).collect();
    assert_eq!(found.len(), 3, "storage is new, the same, or a clone");
    found
}

/// Reads a message, and checks that the code writes it back unchanged and that the schema allows it.
fn read<T: serde::de::DeserializeOwned + serde::Serialize>(kind: &str, message: &Value) -> T {
    let mut schema = adapter_schema();
    schema["$ref"] = json!(format!("#/$defs/{kind}"));
    let schema = Schema::compile(schema).expect("a schema");
    assert_eq!(schema.problems(message), [] as [String; 0], "{message}");
    let read: T = serde_json::from_value(message.clone()).unwrap_or_else(|error| panic!("{message}: {error}"));
    assert_eq!(&serde_json::to_value(&read).expect("it can be written"), message, "something of it is not understood");
    read
}

#[test]
fn every_message_of_the_page_is_one() {
    for message in messages("about") {
        read::<About>("About", &message);
    }
    for message in messages("result") {
        read::<CommandResult>("CommandResult", &message);
    }
    for message in messages("setup") {
        read::<Setup>("Setup", &message);
    }
    for storage in quoted("{\"kind\":") {
        read::<Storage>("Storage", &storage);
    }
}

#[test]
fn the_page_has_an_example_of_every_command_and_a_word_on_every_capability() {
    let commands = messages("command")
        .iter()
        .map(|message| read::<SdkCommand>("SdkCommand", message).name())
        .collect::<BTreeSet<_>>();
    let is_missing = |name: &&SdkCommandName| !commands.contains(*name) && !name.is_only_seen();
    let missing: Vec<_> = SdkCommandName::ALL.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "no example of {missing:?}");
    let page = std::fs::read_to_string(root().join("docs/adapter.md")).expect("the page");
    for capability in CAPABILITIES {
        assert!(page.contains(&format!("`{capability}`")), "not a word on {capability}");
    }
}

#[test]
fn the_session_over_standard_input_and_output_is_whole() {
    let sessions = blocks("text stdio");
    assert!(!sessions.is_empty(), "there is no session");
    for line in sessions.iter().flat_map(|session| session.lines()) {
        let (side, message) = line.split_at(2);
        let message: Value = serde_json::from_str(message).unwrap_or_else(|error| panic!("{line}: {error}"));
        match side {
            "> " => says(&read::<RequestLine>("RequestLine", &message)),
            "< " => drop(read::<AnswerLine>("AnswerLine", &message)),
            _ => panic!("nobody says {line}"),
        }
    }
}

/// Checks that the body of a session's request is a message too.
fn says(question: &RequestLine) {
    match (question.ask.method.as_str(), &*question.ask.path, &question.ask.body) {
        ("GET", "/", None) | ("DELETE", _, None) => {}
        ("POST", _, Some(command)) if command["command"] == "a_command_that_nobody_knows" => {}
        ("POST", "/", Some(setup)) => drop(read::<Setup>("Setup", setup)),
        ("POST", _, Some(command)) => drop(read::<SdkCommand>("SdkCommand", command)),
        other => panic!("nobody asks {other:?}"),
    }
}

#[test]
fn the_session_over_http_carries_messages() {
    let sessions = blocks("http");
    assert!(!sessions.is_empty(), "there is no session");
    let mut asked = String::new();
    for part in sessions.iter().flat_map(|session| session.split("\n\n")) {
        match serde_json::from_str::<Value>(part) {
            Ok(about) if asked.starts_with("GET / ") => drop(read::<About>("About", &about)),
            Ok(setup) if asked.starts_with("POST / ") => drop(read::<Setup>("Setup", &setup)),
            Ok(message) if message.get("command").is_some() => drop(read::<SdkCommand>("SdkCommand", &message)),
            Ok(message) => drop(read::<CommandResult>("CommandResult", &message)),
            Err(_) if part.starts_with("HTTP/1.1 ") => {}
            Err(_) => asked = part.to_owned(),
        }
    }
}
