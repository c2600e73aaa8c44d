//! Wrong contracts: each is refused, and its mistakes are reported with their places and corrections.

use standin_contracts::contract::{Contract, InvalidFile};

use crate::support::{file, root};

/// Every wrong contract, as its name without the ending and its text.
pub(crate) fn bad_contracts() -> Vec<(String, String)> {
    let folder = root().join("fixtures/bad-contracts");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of wrong contracts")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), file(&format!("fixtures/bad-contracts/{name}.yaml")))).collect()
}

/// The mistakes of a file: it is no contract, or it is one with operations that can't be served.
fn refused(name: &str, text: &str) -> InvalidFile {
    let file = format!("{name}.yaml");
    match Contract::load(&file, text) {
        Ok(contract) => contract.unserved(&file).unwrap_or_else(|| panic!("{name} was not refused")),
        Err(refused) => refused,
    }
}

#[test]
fn the_contract_that_all_wrong_ones_are_made_from_is_right() {
    let text = file("fixtures/contracts/minimal.yaml");
    let contract = Contract::load("minimal.yaml", &text).unwrap_or_else(|refused| panic!("{refused}"));
    assert_eq!(contract.unserved("minimal.yaml"), None);
}

#[test]
fn every_wrong_contract_is_refused_with_what_is_wrong_and_what_would_be_right() {
    let bad = bad_contracts();
    assert!(bad.len() >= 90, "only {} wrong contracts were found", bad.len());
    for (name, text) in bad {
        let refused = refused(&name, &text);
        assert!(!refused.diagnostics.is_empty(), "{name}");
        let rendered = refused.render(false);
        let places = rendered.matches(&format!("{name}.yaml:")).count();
        assert_eq!(places, refused.diagnostics.len(), "each mistake has file, line and column:\n{rendered}");
        insta::with_settings!({ snapshot_path => "snapshots/bad_contracts", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, rendered);
        });
    }
}

#[test]
fn every_sentence_of_the_loader_is_shown_by_some_wrong_contract() {
    let shown: String = bad_contracts().iter().map(|(name, text)| refused(name, text).render(false)).collect();
    let mut not_exercised = Vec::new();
    for source in sources() {
        for sentence in literals(&source).iter().filter(|literal| literal.contains(' ')) {
            // The longest part of the sentence that is the same for every mistake.
            let longest = sentence.split(['{', '}']).max_by_key(|part| part.len()).unwrap_or_default();
            if !shown.contains(longest) {
                not_exercised.push(sentence.clone());
            }
        }
    }
    assert_eq!(not_exercised, [] as [&str; 0], "add a wrong contract that shows it");
}

/// The sources of the loader, without comments. The file with serde's words beside ours is left out.
fn sources() -> Vec<String> {
    let folder = root().join("contracts/src/contract");
    let loaders =
        std::fs::read_dir(folder.join("load")).expect("the loader").map(|entry| entry.expect("a file").path());
    let loaders = loaders.filter(|path| !path.ends_with("explain.rs"));
    let all = loaders.chain(["yaml.rs", "needs.rs"].map(|file| folder.join(file)));
    let text = |path| std::fs::read_to_string(path).expect("a source");
    let code =
        |text: String| text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    all.map(text).map(code).collect()
}

/// The string literals of a source, unescaped.
fn literals(source: &str) -> Vec<String> {
    let joined: String =
        source.split("\\\n").enumerate().map(|(n, part)| if n == 0 { part } else { part.trim_start() }).collect();
    let mut found = Vec::new();
    let mut chars = joined.chars();
    while chars.any(|c| c == '"') {
        let mut literal = String::new();
        while let Some(c) = chars.next().filter(|c| *c != '"') {
            literal.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
        }
        found.push(literal);
    }
    found
}
