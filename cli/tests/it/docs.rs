//! The commands of the documentation: each `standin verify` and `standin contract` of a console block whose files are in
//! the repository is run, and ends as the block says.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// A command of a console block, and the exit code that the block gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DocCommand {
    page: String,
    line: String,
    code: i32,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The commands of a page's console blocks.
fn told(page: &str, text: &str) -> Vec<DocCommand> {
    let mut told: Vec<DocCommand> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("cargo run -- ") {
            let line = format!("standin {command}");
            told.push(DocCommand { page: page.to_owned(), code: code_in(&line, "exits with ").unwrap_or(0), line });
        }
        match line.strip_prefix("```") {
            Some("console") => inside = true,
            Some(_) => inside = false,
            None if !inside => {}
            None => {
                if let Some(command) = line.strip_prefix("$ ") {
                    let code = code_in(command, "exits with ").unwrap_or(0);
                    told.push(DocCommand { page: page.to_owned(), line: command.to_owned(), code });
                } else if let (Some(code), Some(last)) = (code_in(line, "exit "), told.last_mut()) {
                    last.code = code;
                }
            }
        }
    }
    told
}

/// The number behind `before`, where the text has one there.
fn code_in(text: &str, before: &str) -> Option<i32> {
    let (_, rest) = text.split_once(before)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The arguments of a command that can be run here: `None` for a server, and where a file is not in the repository.
fn arguments(line: &str) -> Option<Vec<String>> {
    let line = line.split('#').next()?.trim();
    let arguments: Vec<String> = line.strip_prefix("standin ")?.split_whitespace().map(str::to_owned).collect();
    let runs = matches!(arguments.first().map(String::as_str), Some("verify" | "contract"));
    let is_file = |word: &&String| Path::new(word).extension().is_some_and(|end| end == "toml" || end == "yaml");
    let writes = arguments.iter().any(|word| ["--snapshots", "--history", "--cases"].contains(&word.as_str()));
    (runs && !writes && arguments.iter().filter(is_file).all(|file| root().join(file).exists())).then_some(arguments)
}

#[test]
fn every_command_of_the_docs_ends_as_they_say() {
    let mut pages: Vec<PathBuf> =
        std::fs::read_dir(root().join("docs")).expect("the docs").map(|page| page.expect("a page").path()).collect();
    pages.push(root().join("README.md"));
    pages.sort();
    let read = |page: &PathBuf| {
        let name = page.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        std::fs::read_to_string(page).map(|text| told(&name, &text)).unwrap_or_default()
    };
    let all: Vec<DocCommand> =
        pages.iter().filter(|page| page.extension().is_some_and(|end| end == "md")).flat_map(read).collect();
    let runnable: Vec<(&DocCommand, Vec<String>)> =
        all.iter().filter_map(|one| Some((one, arguments(&one.line)?))).collect();
    assert!(runnable.len() >= 10, "the docs have commands: {runnable:?}");
    let (work, wrong) = (Mutex::new(runnable), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((one, arguments)) = { work.lock().expect("the work").pop() } {
                    let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
                    let ended = command.args(&arguments).current_dir(root()).output().expect("it runs");
                    if ended.status.code() != Some(one.code) {
                        let tail: Vec<String> =
                            String::from_utf8_lossy(&ended.stdout).lines().rev().take(6).map(str::to_owned).collect();
                        wrong.lock().expect("the list").push(format!("{one:?} ended with {}: {tail:#?}", ended.status));
                    }
                }
            });
        }
    });
    assert_eq!(wrong.into_inner().expect("the list"), [] as [String; 0]);
}

#[test]
fn a_block_tells_the_exit_code_of_its_command() {
    let page = "```console\n$ standin verify a.toml\nexit 1: a MUST rule failed\n$ standin verify b.toml   # exits with 6\n```\n$ standin no\n";
    let codes: Vec<(String, i32)> = told("p", page).into_iter().map(|one| (one.line, one.code)).collect();
    assert_eq!(codes[0], ("standin verify a.toml".to_owned(), 1));
    assert_eq!((codes.len(), codes[1].1), (2, 6));
    assert_eq!(arguments("standin serve --judge"), None);
    assert_eq!(arguments("standin verify nowhere.toml"), None);
}
