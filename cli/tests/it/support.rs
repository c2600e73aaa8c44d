//! Helpers to run the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The program with these arguments, in the repository's root.
pub(crate) fn standin(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
    command.args(arguments).current_dir(root()).env_remove("STANDIN_LISTEN").env_remove("STANDIN_CONFIG");
    command
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    standin(arguments).output().expect("the program runs")
}

/// Runs it, and expects this exit code. Returns both of its outputs as text.
pub(crate) fn ends(arguments: &[&str], code: i32) -> (String, String) {
    let output = run(arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
    (out, err)
}

/// Runs it, expects that it refuses its arguments, and returns the one error that it prints.
pub(crate) fn refuses(arguments: &[&str]) -> String {
    let (out, err) = ends(arguments, 2);
    assert_eq!(out, "", "{arguments:?} prints nothing but an error");
    assert_eq!(err.matches("error: ").count(), 1, "{arguments:?}: one error, not several:\n{err}");
    assert!(!err.contains('\u{1b}'), "no colours where there is no terminal");
    err
}
