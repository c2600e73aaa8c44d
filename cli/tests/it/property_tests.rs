//! `standin verify --cases`: the printed commands can be run as they are, and nothing is written where CI is set.

use std::path::Path;
use std::process::Command;

use crate::support::{ends, refuses, root, standin};

/// A folder with the faulty Python backend and its file; `None` where there is no Python.
fn faulty() -> Option<tempfile::TempDir> {
    Command::new("python3").arg("--version").output().ok()?;
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["faulty-sentiance.toml", "faulty_backend.py", "partner_backend.py"] {
        let from = root().join("examples/python").join(name);
        std::fs::copy(from, folder.path().join(name)).expect("a copy");
    }
    Some(folder)
}

/// Runs it with this value of `CI`. Returns its output and exit code.
fn verify(folder: &Path, ci: &str, flags: &[&str]) -> (String, Option<i32>) {
    let file = folder.join("faulty-sentiance.toml").display().to_string();
    let output = standin(&[&["verify", &file], flags].concat()).env("CI", ci).output().expect("the program runs");
    (String::from_utf8(output.stdout).expect("text"), output.status.code())
}

/// The arguments of the first printed replay command.
fn again(out: &str) -> Vec<String> {
    let line = out.lines().find_map(|line| line.trim().strip_prefix("again   standin ")).expect("a command");
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn what_is_found_is_kept_and_the_command_to_see_it_again_does_so() {
    let Some(folder) = faulty() else { return };
    let flags = ["--cases", "4", "--scenario", "several-users", "--rule", "key/refusal-leaked"];
    let (out, code) = verify(folder.path(), "", &flags);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("1. the vendor revokes the server key"), "{out}");
    let command = again(&out);
    assert!(command.iter().any(|word| word == "--regression"), "{command:?}");
    let (out, _) = ends(&command.iter().map(String::as_str).collect::<Vec<_>>(), 1);
    assert!(out.contains("key/refusal-leaked fails again"), "{out}");
}

#[test]
fn where_ci_is_set_nothing_is_written_and_what_would_be_is_told() {
    let Some(folder) = faulty() else { return };
    let flags = ["--cases", "4", "--scenario", "several-users", "--rule", "key/refusal-leaked"];
    let (out, _) = verify(folder.path(), "true", &flags);
    assert!(out.contains("not written;") && out.contains("\"breaks\": \"key/refusal-leaked\""), "{out}");
    assert!(!folder.path().join("faulty-sentiance.regressions").exists());
    let command = again(&out);
    assert!(command.iter().any(|word| word == "--case"), "{command:?}");
    ends(&command.iter().map(String::as_str).collect::<Vec<_>>(), 1);
}

#[test]
fn the_reference_is_green_under_generated_cases() {
    let (out, _) = ends(&["verify", "--vendor", "finbox", "--cases", "5"], 0);
    assert!(out.contains("5 cases of "), "{out}");
    ends(&["verify", "--vendor", "finbox", "--case", "3"], 0);
}

#[test]
fn flags_that_do_not_go_together_are_refused() {
    refuses(&["verify", "--cases", "0"]);
    refuses(&["verify", "--case", "3", "--cases", "5"]);
    refuses(&["verify", "--time-budget", "soon"]);
    refuses(&["verify", "--regression", "case.json"]);
    let file = "examples/python/sentiance.toml";
    let bad = refuses(&["verify", file, "--regression", "fixtures/bad-regressions/no-such-rule.json"]);
    assert!(bad.contains("did you mean `credential/shared`?"), "{bad}");
}
