//! The rows of the documentation's "Break it" tables: the edit of each is made in a copy of its example, and the run fails
//! by the rule that the row names. The example itself passes that rule in the same run.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::support::{root, run};

/// The folders of the examples that the tables edit, with the file of the subject.
const EXAMPLES: &[(&str, &str)] =
    &[("quickstart/node", "standin.toml"), ("quickstart/python", "standin.toml"), ("node", "sdk-finbox.toml")];

/// The mistake of a row, as edits of one file.
#[derive(Debug)]
struct Mistake {
    file: String,
    /// Texts of the file, each with what stands in its place.
    edits: Vec<(String, String)>,
    scenario: String,
    rule: String,
    is_warning: bool,
}

/// The rows of a page, once for each file that they edit.
fn rows(page: &str) -> Vec<Mistake> {
    let Some((_, section)) = page.split_once("\n## Break it\n") else { return Vec::new() };
    let section = section.split("\n## ").next().unwrap_or_default();
    section.lines().filter(|line| line.starts_with("| ")).skip(1).flat_map(row).collect()
}

fn row(line: &str) -> Vec<Mistake> {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
    let [_, edits, scenario, rule] = cells[..] else {
        panic!("a row has a change, an edit, a scenario, a rule: {line}")
    };
    let in_file = |edit: &str| {
        let words = spans(edit);
        let [file, edits @ ..] = &words[..] else { panic!("an edit names its file: {line}") };
        assert!(!edits.is_empty() && edits.len() % 2 == 0, "an edit is `old` → `new`: {line}");
        Mistake {
            file: file.clone(),
            edits: edits.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect(),
            scenario: spans(scenario)[0].clone(),
            rule: spans(rule)[0].clone(),
            is_warning: rule.contains("a warning"),
        }
    };
    edits.split("<br>").map(in_file).collect()
}

/// The code spans of a cell.
fn spans(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// A copy of the example that has this file, and the subject's file in it.
fn copied(file: &str) -> (tempfile::TempDir, PathBuf) {
    let examples = root().join("examples");
    let of_file = EXAMPLES.iter().find(|(folder, _)| examples.join(folder).join(file).exists());
    let (folder, subject) = of_file.unwrap_or_else(|| panic!("no example has {file}"));
    let copy = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(examples.join(folder)).expect("an example") {
        let path = entry.expect("a file").path();
        // Python leaves a folder of compiled files behind.
        if path.is_dir() {
            continue;
        }
        std::fs::copy(&path, copy.path().join(path.file_name().expect("a name"))).expect("a copy");
    }
    let subject = copy.path().join(subject);
    (copy, subject)
}

fn edit(path: &Path, edits: &[(String, String)]) {
    let mut text = std::fs::read_to_string(path).expect("a source");
    for (old, new) in edits {
        assert_eq!(text.matches(old.as_str()).count(), 1, "`{old}` stands once in {}", path.display());
        text = text.replace(old, new);
    }
    std::fs::write(path, text).expect("a source");
}

/// What is wrong with a row: the example fails by itself, or goes unnoticed with the edit.
fn flaw(row: &Mistake) -> Option<String> {
    let (folder, subject) = copied(&row.file);
    let subject = subject.display().to_string();
    let arguments = ["verify", &subject, "--rule", &row.rule, "--scenario", &row.scenario];
    let ends = |code: i32, line: String| {
        let output = run(&arguments);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_told = told.lines().any(|one| one.trim_start().starts_with(&line));
        (output.status.code() != Some(code) || !is_told)
            .then(|| format!("{row:?}: no exit {code} with `{line}`:\n{told}"))
    };
    ends(0, format!("passed        {}", row.rule)).or_else(|| {
        edit(&folder.path().join(&row.file), &row.edits);
        if row.is_warning {
            ends(0, format!("warning: {}", row.rule))
        } else {
            ends(1, format!("failed: {}", row.rule))
        }
    })
}

#[test]
fn every_row_fails_by_its_rule_and_the_example_passes_it() {
    let page = |entry: std::io::Result<std::fs::DirEntry>| entry.ok().map(|entry| entry.path());
    let pages = std::fs::read_dir(root().join("docs")).expect("the docs").filter_map(page);
    let all: Vec<Mistake> = pages.flat_map(|page| rows(&std::fs::read_to_string(page).expect("a page"))).collect();
    assert!(all.len() >= 16, "the docs have rows: {all:?}");
    let (work, flaws) = (Mutex::new(all), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(row) = { work.lock().expect("the work").pop() } {
                    flaws.lock().expect("the list").extend(flaw(&row));
                }
            });
        }
    });
    let flaws = flaws.into_inner().expect("the list");
    assert!(flaws.is_empty(), "{}", flaws.join("\n"));
}

#[test]
fn a_row_is_read_once_for_each_file_that_it_edits() {
    let page = "# A page\n\n## Break it\n\n| change | edit | scenario | rule that fails |\n|---|---|---|---|\n\
                | wait `long` | `a.py`: `x` → `y`, `1` → `2` <br> `a.mjs`: `y` → `z` | `repeat` | `key/spread`, a warning |\n\n\
                ## Next\n\n| not | one |\n";
    let read = rows(page);
    assert_eq!(read.iter().map(|row| row.file.as_str()).collect::<Vec<_>>(), ["a.py", "a.mjs"]);
    assert_eq!(read[0].edits, [("x", "y"), ("1", "2")].map(|(old, new)| (old.to_owned(), new.to_owned())));
    assert_eq!((read[1].scenario.as_str(), read[1].rule.as_str(), read[1].is_warning), ("repeat", "key/spread", true));
}
