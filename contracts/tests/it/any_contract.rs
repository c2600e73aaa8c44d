//! No text makes the loader panic or run for ever, and every mistake lies inside the text.

use proptest::prelude::*;
use standin_contracts::contract::Contract;

use crate::bad_contracts::bad_contracts;
use crate::support::file;

/// Texts that authors write in wrong places.
const SCRAPS: &[&str] = &[
    "$ref: '#/'",
    "$ref: '#/components/schemas/Error'",
    "{$ref: '#/paths'}",
    "x-field: external_id",
    "x-field: installs",
    "x-time: \"%Q %Z\"",
    "x-tells: true",
    "x-reply: \"key_*\"",
    "x-command: {name: create_user, set: {platform: ios}}",
    "allOf: [{}]",
    "anyOf: [{x-field: proof}]",
    "type: [array, 'null']",
    "items: {type: object, properties: {a: {x-field: install.id}}}",
    "pattern: \"(a+)+$\"",
    "&a [*a]",
    "*a",
    "!!str",
    "? [",
    "<<: {a: b}",
    "---",
    "...",
    "%YAML 1.2",
    "null",
    "99999999999999999999",
    "-.inf",
    "[",
    "{",
    "}",
    "\"",
    "|\n",
    ": ",
    "\t",
    "\r",
    "\u{feff}",
    "\u{85}é𝄞",
    "#",
];

#[derive(Debug, Clone)]
enum Change {
    Cut(prop::sample::Index, usize),
    Put(prop::sample::Index, &'static str),
    Replace(prop::sample::Index, &'static str),
    CopyLine(prop::sample::Index, prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), 1..80_usize).prop_map(|(place, length)| Change::Cut(place, length)),
        (at(), prop::sample::select(SCRAPS)).prop_map(|(place, scrap)| Change::Put(place, scrap)),
        (at(), prop::sample::select(SCRAPS)).prop_map(|(place, scrap)| Change::Replace(place, scrap)),
        (at(), at()).prop_map(|(from, to)| Change::CopyLine(from, to)),
    ]
}

fn changed(text: &str, change: &Change) -> String {
    let mut text = text.to_owned();
    let place = |index: &prop::sample::Index| text.floor_char_boundary(index.index(text.len() + 1));
    match change {
        Change::Cut(index, length) => {
            let start = place(index);
            let end = text.floor_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, "");
        }
        Change::Put(index, scrap) => text.insert_str(place(index), scrap),
        Change::Replace(index, scrap) => {
            // Only the value of a line, so that the rest still is YAML.
            let start = place(index);
            let line = text[start..].find('\n').map_or(text.len(), |offset| start + offset);
            let value = text[start..line].find(": ").map_or(line, |offset| start + offset + 2);
            text.replace_range(value..line, scrap);
        }
        Change::CopyLine(from, to) => {
            let lines: Vec<&str> = text.lines().collect();
            if !lines.is_empty() {
                let mut copied = lines.clone();
                copied.insert(to.index(lines.len()), lines[from.index(lines.len())]);
                text = copied.join("\n");
            }
        }
    }
    text
}

/// Loads the text, and renders the mistakes if it is refused.
fn load(text: &str) {
    if let Err(refused) = Contract::load("any.yaml", text) {
        assert!(!refused.diagnostics.is_empty(), "refused without a reason");
        for one in &refused.diagnostics {
            assert!(one.span.start <= one.span.end && one.span.end <= text.len(), "{one:?}");
        }
        assert!(refused.render(false).contains("any.yaml"));
    }
}

fn contracts() -> Vec<String> {
    let shipped =
        ["techcentrix", "sentiance", "finbox"].map(|vendor| file(&format!("contracts/vendors/{vendor}/openapi.yaml")));
    let small = std::iter::repeat_n(file("fixtures/contracts/minimal.yaml"), 6);
    shipped.into_iter().chain(small).chain(bad_contracts().into_iter().map(|(_, text)| text)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_contract_with_any_changes_is_loaded_or_refused(
        text in prop::sample::select(contracts()),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        load(&changes.iter().fold(text, |text, one| changed(&text, one)));
    }

    #[test]
    fn any_text_is_loaded_or_refused(text in "(?s).{0,200}") {
        load(&text);
    }

    #[test]
    fn any_scraps_are_loaded_or_refused(
        scraps in prop::collection::vec((prop::sample::select(SCRAPS), prop::sample::select(&["\n", " ", "\n  ", ", ", ": "][..])), 0..40),
    ) {
        load(&scraps.iter().flat_map(|(scrap, after)| [*scrap, *after]).collect::<String>());
    }
}

#[test]
fn documents_that_grow_like_powers_or_never_end_are_refused_at_once() {
    let deep = 50_000;
    load(&"[".repeat(deep));
    load(&"{a: ".repeat(deep));
    load(&(0..2000).flat_map(|depth| [" ".repeat(depth), "a:\n".to_owned()]).collect::<String>());
    load(&format!("a: &a [{}]\n", "x,".repeat(deep)));
    load(&format!("a: &a [x]\nb: [{}]\n", "*a,".repeat(deep)));
    load(&(0..deep).flat_map(|n| ["key".to_owned(), n.to_string(), ": 1\n".to_owned()]).collect::<String>());
    load(&"key: 1\n".repeat(2000));
    load(&"- \"".repeat(deep));
    load(&"? ".repeat(deep));
    load(&"! ".repeat(deep));
}
