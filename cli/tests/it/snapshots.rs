//! `standin verify --snapshots`: what is written, what is compared, and what fails.

use std::path::Path;
use std::process::Output;

use crate::support::{root, standin};

/// Tests a reference backend and compares the snapshots. `ci` is the value of `CI`.
fn verify(folder: &Path, ci: Option<&str>, more: &[&str]) -> (i32, String) {
    let arguments =
        ["verify", "--vendor", "sentiance", "--snapshots", &folder.display().to_string()].map(str::to_owned);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
    told(with_ci(&arguments, ci))
}

fn with_ci(arguments: &[&str], ci: Option<&str>) -> Output {
    let mut command = standin(arguments);
    command.env_remove("CI");
    if let Some(ci) = ci {
        command.env("CI", ci);
    }
    command.output().expect("the program runs")
}

fn told(output: Output) -> (i32, String) {
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().expect("a code"), String::from_utf8(text).expect("text"))
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")).collect();
    names.sort();
    names
}

#[test]
fn the_first_run_proposes_and_update_accepts() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, text) = verify(folder.path(), None, &[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("no snapshot yet: several-users, to be kept in ") && text.contains("`--update`"), "{text}");
    let proposed = files(folder.path());
    assert!(proposed.contains(&"sentiance__several-users.snap.new".to_owned()), "{proposed:?}");
    assert!(proposed.iter().all(|name| name.strip_suffix(".snap.new").is_some()), "{proposed:?}");

    let (code, text) = verify(folder.path(), None, &["--update"]);
    assert_eq!(code, 0, "{text}");
    let kept = files(folder.path());
    assert_eq!(kept.len(), proposed.len());
    assert!(kept.iter().all(|name| name.strip_suffix(".snap").is_some()), "{kept:?}");

    let (code, text) = verify(folder.path(), None, &[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains(&format!("snapshots: {} the same\n", kept.len())), "{text}");
    assert_eq!(files(folder.path()), kept);
}

/// A folder with the snapshots of the reference, one of which differs.
fn changed(folder: &Path) -> std::path::PathBuf {
    verify(folder, None, &["--update"]);
    let file = folder.join("sentiance__repeat.snap");
    let text = std::fs::read_to_string(&file).expect("a snapshot");
    std::fs::write(&file, text.replace("cache-control: no-store", "cache-control: public")).expect("it is written");
    file
}

#[test]
fn a_change_fails_with_a_diff_and_leaves_the_file_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = changed(folder.path());
    let before = std::fs::read_to_string(&file).expect("a snapshot");
    let (code, text) = verify(folder.path(), None, &[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("exit 1: a MUST rule failed, or a snapshot changed"), "{text}");
    assert!(text.contains(&format!("snapshot changed: repeat in {}", file.display())), "{text}");
    assert!(text.contains("  -  cache-control: public\n  +  cache-control: no-store\n"), "{text}");
    assert_eq!(std::fs::read_to_string(&file).expect("a snapshot"), before);
    let proposal = std::fs::read_to_string(file.with_extension("snap.new")).expect("a proposal");
    assert!(proposal.starts_with("---\nsource: standin verify\n") && proposal.contains("no-store"), "{proposal}");

    let (code, text) = verify(folder.path(), None, &["--update"]);
    assert!(code == 0 && text.contains(" the same, 1 updated\n"), "{text}");
    assert_eq!(std::fs::read_to_string(&file).expect("a snapshot"), proposal);
    assert!(!file.with_extension("snap.new").exists());
}

#[test]
fn one_scenario_is_compared_with_what_it_says_in_a_whole_run() {
    let folder = tempfile::tempdir().expect("a folder");
    changed(folder.path());
    let filter = |scenario| ["--scenario", scenario, "--rule", "transport/secret-in-url"];
    let (code, text) = verify(folder.path(), None, &filter("app-login"));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("snapshots: 1 the same\n"), "{text}");
    let (code, text) = verify(folder.path(), None, &filter("repeat"));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("snapshots: 1 changed\n"), "{text}");
}

#[test]
fn in_ci_nothing_is_created_and_what_is_missing_or_changed_fails() {
    for ci in ["true", "1", "woodpecker"] {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("snapshots");
        let (code, text) = verify(&missing, Some(ci), &[]);
        assert_eq!(code, 1, "{text}");
        assert!(text.contains("no snapshot yet: several-users"), "{text}");
        assert!(!missing.exists(), "CI={ci}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    changed(folder.path());
    let before = files(folder.path());
    assert_eq!(verify(folder.path(), Some("true"), &[]).0, 1);
    assert_eq!(files(folder.path()), before);
    let (code, text) = verify(folder.path(), Some("true"), &["--update"]);
    assert!(code == 2 && text.contains("`--update` writes snapshots, and where CI is set none are written"), "{text}");
}

#[test]
fn a_ci_variable_that_says_no_is_none() {
    for ci in ["", "0", "false"] {
        let folder = tempfile::tempdir().expect("a folder");
        verify(folder.path(), Some(ci), &[]);
        assert!(!files(folder.path()).is_empty(), "CI={ci}");
    }
}

#[test]
fn files_of_scenarios_that_are_no_more_are_told_and_an_update_removes_them() {
    let folder = tempfile::tempdir().expect("a folder");
    verify(folder.path(), None, &["--update"]);
    let old = folder.path().join("sentiance__to-the-moon.snap");
    let other = folder.path().join("acme__to-the-moon.snap");
    for file in [&old, &other] {
        std::fs::write(file, "---\n---\n").expect("it is written");
    }
    let (code, text) = verify(folder.path(), None, &[]);
    assert!(code == 0 && text.contains("snapshot left over: no scenario is called to-the-moon"), "{text}");
    verify(folder.path(), None, &["--update"]);
    assert!(!old.exists() && other.exists());
}

#[test]
fn what_was_not_played_to_its_end_is_not_compared_and_not_erased() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mine.toml");
    let text = std::fs::read_to_string(root().join("examples/python/sentiance.toml")).expect("a file");
    // It answers the readiness check, and ends at the first request.
    let dies = r#"["python3", "-c", "import socket,os;s=socket.create_server(('127.0.0.1',int(os.environ['PORT'])));[s.accept()[0].close() for _ in range(3)]"]"#;
    std::fs::write(&file, text.replace("[\"python3\", \"partner_backend.py\"]", dies).replace("ready = ", "# "))
        .expect("a file");
    let kept = folder.path().join("sentiance__several-users.snap");
    std::fs::write(&kept, "---\n---\nwhat was said").expect("it is written");
    let flags =
        ["verify", &file.display().to_string(), "--snapshots", &folder.path().display().to_string(), "--update"];
    let (code, text) = told(with_ci(&flags, None));
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("snapshot not compared: several-users (the run ended in it)"), "{text}");
    assert_eq!(std::fs::read_to_string(&kept).expect("it is there"), "---\n---\nwhat was said");
}

/// The first run writes the snapshots, and the second must match them.
fn says_the_same_twice(file: &str) {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let flags = ["verify", file, "--snapshots", &folder.path().display().to_string()];
    for flags in [[&flags[..], &["--update"]].concat(), flags.to_vec()] {
        let (code, text) = told(with_ci(&flags, None));
        assert_eq!(code, 0, "{text}");
    }
}

// These two take seconds of real time and run in parallel.
#[test]
fn a_real_process_says_the_same_twice_to_sentiance() {
    says_the_same_twice("examples/python/sentiance.toml");
}

#[test]
fn a_real_process_says_the_same_twice_to_finbox() {
    says_the_same_twice("examples/python/finbox.toml");
}

#[test]
fn snapshots_hold_no_secret_and_no_address() {
    let folder = tempfile::tempdir().expect("a folder");
    verify(folder.path(), None, &["--update"]);
    for name in files(folder.path()) {
        let text = std::fs::read_to_string(folder.path().join(&name)).expect("a snapshot");
        for secret in ["standin-server-key", "login-of-", "@example.org", "127.0.0.1"] {
            assert!(!text.contains(secret), "{name} holds {secret}");
        }
    }
}

#[test]
fn a_folder_that_can_not_be_is_refused_before_anything_runs() {
    let flags = ["verify", "--vendor", "finbox", "--snapshots", "Cargo.toml/snapshots"];
    let (code, text) = told(with_ci(&flags, None));
    assert!(code == 2 && text.starts_with("error: can't keep snapshots in Cargo.toml/snapshots: "), "{text}");
    let (code, text) = told(with_ci(&["verify", "--update"], None));
    assert!(code == 2 && text.contains("--snapshots <FOLDER>"), "{text}");
}
