//! Real processes that share no code with Standin: partner backends in Rust and Python, conforming and faulty ones.

use std::path::PathBuf;

use standin_contracts::rules::Verdict;
use standin_test_suite::report::{VendorReport, exit};

use crate::support::{file_plan, findings, root, run, with};

pub(crate) fn has(language: &str) -> bool {
    let found = std::process::Command::new(language).arg("--version").output().is_ok();
    assert!(found || !is_ci(), "the backends in other languages must be tried in CI, and there is no {language}");
    found
}

#[expect(clippy::disallowed_methods, reason = "a test may be skipped where a language is missing, but never in CI")]
fn is_ci() -> bool {
    std::env::var("CI").is_ok()
}

/// The command of an example of this package, which `cargo test` builds too.
fn example(name: &str) -> Vec<String> {
    let deps: PathBuf = std::env::current_exe().expect("this program").parent().expect("its folder").to_owned();
    let program = deps.with_file_name("examples").join(name);
    assert!(program.exists(), "{} is missing: run `cargo build --examples` first", program.display());
    vec![program.display().to_string()]
}

async fn judge(file: &str, start: Option<Vec<String>>) -> VendorReport {
    run(file_plan(file, |config| {
        if let Some(start) = start {
            config.subject.start = start;
        }
    }))
    .await
}

fn is_green(report: &VendorReport) {
    assert_eq!(findings(report), [] as [String; 0]);
    assert_eq!(report.exit_code(), exit::CLEAN, "{:#?} {:?}", report.summary, report.halted);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_partner_backend_is_green() {
    is_green(&judge("examples/rust/techcentrix.toml", Some(example("partner_backend"))).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_faulty_rust_partner_backend_fails_for_its_two_faults() {
    let report = judge("examples/rust/faulty-techcentrix.toml", Some(example("faulty_partner_backend"))).await;
    assert_eq!(
        with(&report, Verdict::Failed),
        ["credential/shared", "transport/secret-in-url"],
        "{:#?}",
        findings(&report)
    );
    assert_eq!(report.exit_code(), exit::FAILED);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_partner_backend_is_green_against_sentiance() {
    if has("python3") {
        is_green(&judge("examples/python/sentiance.toml", None).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_partner_backend_is_green_against_finbox_with_what_takes_minutes_accepted() {
    if has("python3") {
        let report = judge("examples/python/finbox.toml", None).await;
        is_green(&report);
        let not_testable = with(&report, Verdict::NotTestable);
        for slow in ["readback/polled-too-often", "readback/retry-schedule"] {
            assert!(not_testable.contains(&slow), "{not_testable:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_faulty_python_partner_backend_fails_for_its_two_faults() {
    if has("python3") {
        let report = judge("examples/python/faulty-sentiance.toml", None).await;
        let broken = with(&report, Verdict::Failed);
        assert_eq!(broken, ["credential/for-another-user", "key/refusal-leaked"], "{:#?}", findings(&report));
        assert_eq!(report.exit_code(), exit::FAILED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quickstarts_backend_in_python_is_green() {
    if has("python3") {
        is_green(&judge("examples/quickstart/python/standin.toml", None).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quickstarts_backend_in_node_is_green() {
    if has("node") {
        is_green(&judge("examples/quickstart/node/standin.toml", None).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quickstarts_backend_in_rust_is_green() {
    is_green(&judge("examples/quickstart/rust/standin.toml", Some(example("quickstart_backend"))).await);
}

#[test]
fn the_quickstart_shows_its_file_as_it_is() {
    let shown = std::fs::read_to_string(root().join("docs/test-my-backend.md")).expect("the page");
    let file = std::fs::read_to_string(root().join("examples/quickstart/python/standin.toml")).expect("the file");
    assert!(shown.contains(&file), "docs/test-my-backend.md shows another standin.toml");
}
