//! Serde's messages about annotations, in the words of a contract's author.

use super::advice;

/// Splits a message of serde's into the mistake and its correction.
pub(super) fn explain(said: &str) -> (String, String) {
    if let Some((word, known)) = unknown_word(said) {
        return (format!("`{word}` is not known here"), advice(word, known));
    }
    if let Some(name) = said.strip_prefix("missing field ") {
        return (format!("{name} is missing here"), format!("add {name}"));
    }
    if let Some((wrong, right)) = said.split_once(", expected ") {
        let wrong = wrong.split_once(": ").map_or(wrong, |(_, value)| value);
        return (
            format!("{} can't stand here", wrong.replacen("string ", "the text ", 1)),
            format!("write {}", expected(right)),
        );
    }
    if let Some((wrong, right)) = said.split_once(" such as ") {
        return (wrong.to_owned(), format!("for example {right}"));
    }
    match said.split_once(": ") {
        Some((wrong, right)) => (wrong.to_owned(), right.to_owned()),
        None => (said.to_owned(), "see `standin schema contract` for what may stand here".to_owned()),
    }
}

/// Serde's expectation, in the words of a contract's author.
fn expected(right: &str) -> &str {
    match right {
        "a boolean" => "true or false",
        "struct Fact" => {
            "the fact with its source: `{value: ..., is: documented, source: \"...\", read: \"YYYY-MM-DD\"}`"
        }
        right if right.starts_with("struct ") => "a map of names and values",
        right => right,
    }
}

/// Whether the mistake is a key and not its value.
pub(super) fn is_about_key(said: &str) -> bool {
    said.starts_with("unknown field ")
}

/// The unknown word in a message of serde's, with the known words.
fn unknown_word(said: &str) -> Option<(&str, Vec<&str>)> {
    let rest = said.strip_prefix("unknown field `").or_else(|| said.strip_prefix("unknown variant `"))?;
    let (word, expected) = rest.split_once("`, expected ")?;
    Some((word, expected.split('`').skip(1).step_by(2).collect()))
}
