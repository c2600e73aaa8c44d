//! One word for one thing: the words that went come back neither as identifiers, flags nor keys.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;

use crate::support::{ends, root};

/// Parts of identifiers, flags and keys that are refused everywhere: `play_journeys` has the part `journeys`.
const GONE: &[&str] = &[
    "antecedent",
    "astray",
    "breach",
    "breaches",
    "conduct",
    "courier",
    "couriers",
    "desk",
    "dress",
    "gates",
    "handset",
    "hunt",
    "hunted",
    "hunting",
    "hunts",
    "journey",
    "journeys",
    "knob",
    "knobs",
    "ledger",
    "ledgers",
    "looming",
    "mailroom",
    "mishap",
    "mishaps",
    "ordeal",
    "ordeals",
    "quarry",
    "scribe",
    "standing",
    "standings",
    "stateful",
    "untestable",
    "whence",
];
/// Names of types that said too little, or several things.
const GONE_TYPES: &[&str] = &[
    "Aim",
    "Answer",
    "Bench",
    "Brought",
    "Cast",
    "Course",
    "Customer",
    "Departure",
    "Draws",
    "Drops",
    "Found",
    "Held",
    "Inbound",
    "Life",
    "LifeStep",
    "Lived",
    "Lives",
    "Mark",
    "Meaning",
    "Mounted",
    "Naming",
    "Names",
    "News",
    "Order",
    "OrderName",
    "Patience",
    "Place",
    "Played",
    "Reach",
    "Reached",
    "Refused",
    "Row",
    "Seen",
    "Shelf",
    "Shop",
    "Stage",
    "Tally",
    "Terms",
    "Told",
    "Trouble",
    "Turn",
    "Understood",
    "World",
];
/// Keys of files, reports and messages that are spelt otherwise now.
const GONE_KEYS: &[&str] = &[
    "broken",
    "course",
    "courses",
    "elsewhere",
    "garbled",
    "held",
    "life",
    "lives",
    "mark",
    "marks",
    "reached",
    "rows",
    "turns",
];
fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("target") {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Comments, strings and characters of Rust code, or one identifier.
fn tokens() -> Regex {
    let tokens = [
        r"//[^\n]*",
        r###"r##"(?s:.*?)"##"###,
        r##"r#"(?s:.*?)"#"##,
        r#"r"[^"]*""#,
        r#""(?s:\\.|[^"\\])*""#,
        r"'(?:\\.|[^'\\])'",
        r"([A-Za-z_][A-Za-z0-9_]*)",
    ];
    Regex::new(&tokens.join("|")).expect("a pattern")
}

/// The identifiers in Rust code, without those in comments and strings.
fn identifiers(code: &str) -> BTreeSet<String> {
    tokens().captures_iter(code).filter_map(|found| Some(found.get(1)?.as_str().to_owned())).collect()
}

/// The names of the types that Rust code defines, without those in comments and strings.
fn types(code: &str) -> BTreeSet<String> {
    let bare = tokens().replace_all(code, "$1");
    let definition = Regex::new(r"\b(?:struct|enum|trait|type) ([A-Za-z]+)").expect("a pattern");
    definition.captures_iter(&bare).map(|found| found[1].to_owned()).collect()
}

/// The words that a name in any style is made of, in lower case.
fn parts(name: &str) -> Vec<String> {
    let part = Regex::new("[A-Z]?[a-z]+|[A-Z]+").expect("a pattern");
    part.find_iter(name).map(|part| part.as_str().to_ascii_lowercase()).collect()
}

fn has_gone(name: &str) -> bool {
    parts(name).iter().any(|part| GONE.contains(&part.as_str()))
}

#[test]
fn no_identifier_has_a_word_that_went() {
    let mut files = Vec::new();
    for crate_folder in ["contracts", "mock-server", "test-suite", "cli", "fuzz"] {
        rust_files(&root().join(crate_folder), &mut files);
    }
    assert!(files.len() > 500, "only {} files", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let code = fs::read_to_string(&file).expect("a source file");
        let names = identifiers(&code).into_iter().filter(|name| has_gone(name));
        let types = types(&code).into_iter().filter(|name| GONE_TYPES.contains(&name.as_str()));
        wrong.extend(names.chain(types).map(|name| format!("{}: {name}", file.display())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_flag_has_a_word_that_went() {
    let flag = Regex::new("--[a-z][a-z-]*").expect("a pattern");
    let mut seen = 0;
    for command in [&[][..], &["serve"], &["verify"], &["replay"], &["check"], &["compare"], &["health"], &["contract"]]
    {
        let (help, _) = ends(&[command, &["--help"]].concat(), 0);
        for flag in flag.find_iter(&help) {
            seen += 1;
            let name = flag.as_str();
            assert!(!has_gone(name) && name != "--life", "{command:?} has the flag {name}");
        }
    }
    assert!(seen > 30, "only {seen} flags");
}

#[test]
fn no_key_has_a_word_that_went() {
    for format in ["contract", "verify", "serve", "report", "history", "adapter"] {
        let (schema, _) = ends(&["schema", format], 0);
        let mut names = BTreeSet::new();
        words_of(&serde_json::from_str(&schema).expect("JSON"), &mut names);
        assert!(names.len() > 3, "{format} has few names: {names:?}");
        let is_wrong = |name: &&String| has_gone(name) || GONE_KEYS.contains(&name.as_str());
        let wrong: Vec<&String> = names.iter().filter(is_wrong).collect();
        assert!(wrong.is_empty(), "{format}: {wrong:?}");
    }
    let (adapter, _) = ends(&["schema", "adapter"], 0);
    assert!(adapter.contains(r#""result""#) && !adapter.contains(r#""outcome""#), "an adapter answers results");
}

/// The members and words that a schema allows.
fn words_of(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            let properties = members.get("properties").and_then(Value::as_object);
            names.extend(properties.into_iter().flat_map(|properties| properties.keys().cloned()));
            names.extend(members.get("const").and_then(Value::as_str).map(str::to_owned));
            let words = members.get("enum").and_then(Value::as_array);
            names.extend(words.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| words_of(value, names));
        }
        Value::Array(values) => values.iter().for_each(|value| words_of(value, names)),
        _ => {}
    }
}

#[test]
fn a_word_that_went_is_found_in_names_of_every_style_and_nowhere_else() {
    let code = r##"
        // A journey in a comment.
        struct Told { left: &'static str }
        fn play_journeys() -> OrdealReport { QUARRY; say("hunt", r#"mishap"#, 'j') }
    "##;
    let wrong: Vec<String> = identifiers(code).into_iter().filter(|name| has_gone(name)).collect();
    assert_eq!(wrong, ["OrdealReport", "QUARRY", "play_journeys"]);
    assert_eq!(types(code).into_iter().collect::<Vec<_>>(), ["Told"]);
    assert!(GONE_TYPES.contains(&"Told") && has_gone("--journey"));
}
