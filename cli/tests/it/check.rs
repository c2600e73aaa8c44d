//! `standin check`: histories that a mock or a run wrote, judged afterwards.

use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;

use crate::serve::{code, serve};
use crate::support::{ends, refuses};

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// A mock's history in this folder: a client requested a code, with `query` appended to the path.
async fn recorded(folder: &Path, query: &str) -> String {
    let server = serve(&["--history", &folder.display().to_string()]);
    let url = server.text("/vendors/sentiance/url");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let asked = client.post(format!("{url}/users/auth-code{query}")).bearer_auth("standin-server-key");
    let answer = asked.json(&serde_json::json!({"external_id": "user-1"})).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    server.ends_cleanly_on(Signal::TERM);
    path(folder, "default.jsonl")
}

#[tokio::test]
async fn a_mocks_history_is_judged_by_the_contracts_of_those_who_were_called() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = recorded(folder.path(), "").await;
    let (out, _) = ends(&["check", &file], 0);
    assert!(
        out.starts_with(&format!("{file} against sentiance\n  nobody called techcentrix, finbox\n  2 events\n")),
        "{out}"
    );
    assert!(out.contains("passed        transport/schema-broken           exercised once"), "{out}");
    assert!(out.contains("no app was driven"), "{out}");
    assert!(!out.contains("against finbox") && !out.contains("required;"), "{out}");
}

#[tokio::test]
async fn a_failed_rule_is_red_and_reported_as_in_a_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = recorded(folder.path(), "?key=standin-server-key").await;
    let (json, junit) = (path(folder.path(), "report.json"), path(folder.path(), "report.xml"));
    let reports = [format!("json={json}"), format!("junit={junit}")];
    let (out, _) = ends(&["check", &file, "--report", &reports[0], "--report", &reports[1]], 1);
    assert!(out.contains("     1  backend → vendor  POST /users/auth-code?key=server_key#1"), "{out}");
    assert!(out.contains(&format!("again   standin check {file} --rule transport/secret-in-url")), "{out}");
    let report: Value = serde_json::from_str(&std::fs::read_to_string(json).expect("the report")).expect("JSON");
    assert_eq!((&report["exit_code"], &report["seed"]), (&1.into(), &1.into()));
    let xml = std::fs::read_to_string(junit).expect("the report");
    assert!(xml.contains("name=\"standin check\"") && xml.contains("failures=\"1\" errors=\"0\""), "{xml}");
    ends(&["check", &file, "--rule", "transport/secret-in-url"], 1);
    ends(&["check", &file, "--rule", "transport/schema-broken"], 0);
    ends(&["check", &file, "--rule", "webhook/unauthenticated"], 6);
    ends(&["check", &file, "--rule", "readback/salt-wrong"], 2);
}

#[test]
fn a_runs_history_has_the_verdicts_of_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let (run, _) = ends(&["verify", "--vendor", "finbox", "--history", &folder.path().display().to_string()], 0);
    let (checked, _) = ends(&["check", &path(folder.path(), "finbox/default.jsonl")], 0);
    let verdicts = |out: &str| out.lines().skip_while(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(verdicts(&checked), verdicts(&run));
}

#[tokio::test]
async fn a_history_that_is_cut_is_judged_and_said_to_be_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = recorded(folder.path(), "").await;
    let bytes = std::fs::read(&file).expect("the history");
    std::fs::write(&file, &bytes[..bytes.len() - 10]).expect("a file");
    let (out, _) = ends(&["check", &file], 0);
    assert!(
        out.contains("the history is cut: its last line is not whole, and what came after event 1 was not judged"),
        "{out}"
    );
}

#[tokio::test]
async fn another_vendors_history_takes_its_contract() {
    let folder = tempfile::tempdir().expect("a folder");
    let contract = "fixtures/contracts/junction.yaml";
    let server = serve(&["--vendor", contract, "--history", &folder.path().display().to_string()]);
    reqwest::get(format!("{}/nowhere", server.text("/url"))).await.expect("an answer");
    server.ends_cleanly_on(Signal::TERM);
    let file = path(folder.path(), "default.jsonl");
    assert!(refuses(&["check", &file]).contains("give its contract by `--contract FILE`"));
    let (out, _) = ends(&["check", &file, "--contract", contract], 1);
    assert!(out.contains(&format!("again   standin check {file} --contract {contract} --rule")), "{out}");
}

#[tokio::test]
async fn of_several_histories_each_is_reported_and_one_failure_is_enough() {
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    let good = recorded(folders[0].path(), "").await;
    let bad = recorded(folders[1].path(), "?key=standin-server-key").await;
    let (out, _) = ends(&["check", &good, &bad], 1);
    assert!(out.contains(&format!("{good} against")) && out.contains(&format!("{bad} against")), "{out}");
}

#[tokio::test]
async fn a_mistake_is_told_before_anything_is_judged() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = recorded(folder.path(), "").await;
    assert!(refuses(&["check", &file, "fixtures"]).contains("can't read fixtures: Is a directory"));
    assert!(refuses(&["check", &file, "no-such-file.jsonl"]).contains("no-such-file.jsonl"));
    assert!(refuses(&["check", &file, "README.md"]).contains("README.md: line 1 is no history header"));
    assert!(refuses(&["check", &file, "--rule", "credential/shard"]).contains("did you mean `credential/shared`?"));
    assert!(refuses(&["check", &file, "--report", "xml=report.xml"]).contains("json=report.json"));
    let contract = "fixtures/contracts/junction.yaml";
    assert!(refuses(&["check", &file, "--contract", contract]).contains("no history here is about `junction`"));
    assert!(refuses(&["check", &file, "--contract", "README.md"]).contains("README.md:"));
    refuses(&["check"]);
}

#[tokio::test]
async fn each_sandbox_has_a_history_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = serve(&["--history", &folder.path().display().to_string()]);
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let made = client.post(format!("{}/__admin/sandboxes", server.text("/url")));
    made.body(r#"{"name": "two"}"#).send().await.expect("an answer");
    let url = server.text("/url");
    code(&format!("{url}/s/two/sentiance"), "nobodys-key").await;
    server.ends_cleanly_on(Signal::TERM);
    let (out, _) = ends(&["check", &path(folder.path(), "two.jsonl")], 0);
    assert!(out.contains("two.jsonl against sentiance"), "{out}");
    assert!(!folder.path().join("default.jsonl").exists(), "nothing was said there");
}
