//! `standin verify`: exit codes, filters, reports.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{ends, refuses, standin};

#[test]
fn without_a_file_the_shipped_references_are_green_on_all_three_vendors() {
    let (out, err) = ends(&["verify"], 0);
    for vendor in ["techcentrix", "sentiance", "finbox"] {
        assert!(out.contains(&format!("reference backend and reference SDK against {vendor}")), "{out}");
    }
    assert!(!out.contains("failed: ") && !out.contains("  required; to accept that"), "{out}");
    assert_eq!(err, "", "no progress where there is no terminal");
}

#[test]
fn a_vendor_that_is_a_file_gets_the_reference_too() {
    for (file, vendor) in [("junction", "junction"), ("minimal", "acme")] {
        let (out, _) = ends(&["verify", "--vendor", &format!("fixtures/contracts/{file}.yaml")], 0);
        assert!(out.contains(&format!("reference backend against {vendor}")), "{out}");
    }
}

#[test]
fn the_json_report_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.json");
    let flag = format!("json={}", path.display());
    ends(&["verify", "--vendor", "finbox", "--report", &flag], 0);
    let report: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("the report")).expect("JSON");
    assert_eq!(report["standin_report"], 1);
    assert_eq!(report["exit_code"], 0);
    assert_eq!(report["vendors"][0]["rules"][0]["verdict"], "not_applicable");
}

#[test]
fn what_was_filtered_out_of_sight_is_not_green() {
    let (out, _) = ends(&["verify", "--vendor", "sentiance", "--scenario", "several-users"], 6);
    assert!(out.contains("required and not exercised"), "{out}");
    ends(&["verify", "--vendor", "sentiance", "--scenario", "several-users", "--rule", "user/id-shared"], 0);
}

#[test]
fn a_rule_that_applies_to_no_vendor_of_the_run_is_not_green() {
    let (out, _) = ends(&["verify", "--vendor", "sentiance", "--rule", "readback/salt-wrong"], 2);
    assert!(out.contains("no rule was judged: the filter matches nothing here"), "{out}");
    ends(&["verify", "--rule", "readback/salt-wrong"], 0);
}

#[test]
fn changed_facts_are_told() {
    let (out, _) = ends(&["verify", "--vendor", "sentiance", "--set", "sentiance.credential.lifetime=30s"], 0);
    assert!(out.contains("credential.lifetime is 30s in this run (the contract says 10min)"), "{out}");
}

#[test]
fn filters_that_match_nothing_are_refused() {
    assert!(refuses(&["verify", "--rule", "credential/shard"]).contains("did you mean `credential/shared`?"));
    assert!(refuses(&["verify", "--scenario", "to-the-moon"]).contains("several-users"));
    assert!(refuses(&["verify", "--vendor", "acme"]).contains("techcentrix, sentiance, finbox"));
    assert!(refuses(&["verify", "examples/python/sentiance.toml", "--vendor", "finbox"]).contains("matches nothing"));
    assert!(refuses(&["verify", "--set", "acme.credential.lifetime=1s"]).contains("no vendor `acme`"));
    assert!(refuses(&["verify", "--vendor", "finbox", "--set", "finbox.lifetime=1s"]).contains("no fact"));
}

#[test]
fn wrong_files_and_reports_are_refused_before_anything_runs() {
    assert!(refuses(&["verify", "no-such-file.toml"]).contains("no-such-file.toml"));
    assert!(refuses(&["verify", "fixtures/bad-verify-files/no-url.toml"]).contains("no-url.toml:3:1"));
    let sdk = "examples/python/sdk-sentiance.toml";
    assert!(refuses(&["verify", sdk, "--vendor", "finbox"]).contains("matches nothing"));
    assert!(refuses(&["verify", sdk, "--set", "finbox.sync.interval=1h"]).contains("no vendor `finbox`"));
    assert!(refuses(&["verify", sdk, "--scenario", "several-users"]).contains("first-start"));
    assert!(refuses(&["verify", sdk, "--rule", "credential/shared"]).contains("no SDK and no app is judged by it"));
    assert!(refuses(&["verify", sdk, "--slow"]).contains("`--slow` changes nothing for it"));
    let backend = "examples/python/sentiance.toml";
    assert!(refuses(&["verify", backend, "--scenario", "first-start"]).contains("several-users"));
    assert!(refuses(&["verify", backend, "--rule", "credential/reused"]).contains("no client backend is judged by it"));
    for flags in [&["--crash-points"][..], &["--fleet", "20"], &["--crash-point", "relaunch:phone-1:command:2"]] {
        assert!(refuses(&[&["verify", backend], flags].concat()).contains("describes no SDK"), "{flags:?}");
    }
    assert!(refuses(&["verify", "--crash-point", "relaunch"]).contains("such as relaunch:phone-1:command:3"));
    assert!(refuses(&["verify", "--report", "xml=report.xml"]).contains("json=report.json"));
    assert!(refuses(&["verify", "--report", "json=no/such/folder/report.json"]).contains("no/such/folder"));
    assert!(refuses(&["verify", "--history", "Cargo.toml/histories"]).contains("Cargo.toml/histories"));
}

#[test]
fn the_command_that_runs_it_again_has_the_changed_facts_too() {
    let fact = "sentiance.credential.lifetime=30s";
    let filter = ["--rule", "credential/for-another-user", "--scenario", "names-victim", "--set", fact];
    let (out, _) = ends(&[&["verify", "examples/python/faulty-sentiance.toml"], &filter[..]].concat(), 1);
    let again = format!("standin verify examples/python/faulty-sentiance.toml --set {fact} --rule");
    assert!(out.contains(&again), "{out}");
}

#[test]
fn an_sdk_is_driven_by_its_file_and_judged_by_the_rules_about_sdks() {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        return;
    }
    let filter = ["--scenario", "lost-answer", "--rule", "user/lost-answer-duplicates"];
    let (out, _) = ends(&[&["verify", "examples/python/sdk-sentiance.toml"], &filter[..]].concat(), 0);
    assert!(out.contains("passed        user/lost-answer-duplicates"), "{out}");
}

#[test]
fn a_backend_and_an_sdk_of_one_file_have_one_report() {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        return;
    }
    let filter = ["--scenario", "user-switch", "--rule", "credential/reused"];
    let (out, _) = ends(&[&["verify", "examples/python/both-sentiance.toml"], &filter[..]].concat(), 0);
    assert!(out.contains("python partner backend and small Sentiance SDK in Python against sentiance"), "{out}");
    assert!(out.contains("passed        credential/reused"), "{out}");
}

#[test]
fn an_adapter_that_can_not_start_ends_with_the_code_of_subjects() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mine.toml");
    let text = std::fs::read_to_string(crate::support::root().join("examples/python/sdk-sentiance.toml"));
    std::fs::write(&file, text.expect("a file").replace("\"python3\"", "\"no-such-python\"")).expect("a file");
    let (out, _) = ends(&["verify", &file.display().to_string()], 3);
    assert!(out.contains("can't start `no-such-python sdk_adapter.py`"), "{out}");
}

#[test]
fn a_subject_that_can_not_start_ends_with_its_own_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mine.toml");
    let text = std::fs::read_to_string(crate::support::root().join("examples/python/sentiance.toml")).expect("a file");
    std::fs::write(&file, text.replace("\"python3\"", "\"no-such-python\"")).expect("a file");
    let (out, _) = ends(&["verify", &file.display().to_string()], 3);
    assert!(out.contains("can't start `no-such-python partner_backend.py`"), "{out}");
}

/// The Python example's backend, with this Python in front of it. Returns its file.
fn backend_after(folder: &std::path::Path, python: &str) -> String {
    let examples = crate::support::root().join("examples/python");
    let read = |name: &str| std::fs::read_to_string(examples.join(name)).expect("a file");
    std::fs::write(folder.join("partner_backend.py"), read("partner_backend.py")).expect("a file");
    let script = format!("import os, urllib.request\n{python}\nimport partner_backend\npartner_backend.serve()\n");
    std::fs::write(folder.join("cheat.py"), script).expect("a file");
    let file = folder.join("mine.toml");
    std::fs::write(&file, read("sentiance.toml").replace("\"partner_backend.py\"", "\"cheat.py\"")).expect("a file");
    file.display().to_string()
}

#[test]
fn a_subject_that_reaches_for_the_admin_api_is_told_and_never_green() {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        return;
    }
    let steer = "
base = '/'.join(os.environ['VENDOR_URL'].split('/')[:3])
for path in ['faults', 'reset']:
    try:
        urllib.request.urlopen(base + '/__admin/sandboxes/default/' + path, b'{}')
    except urllib.error.HTTPError as error:
        assert error.code == 404, error
";
    let only = ["--scenario", "several-users", "--rule", "user/id-shared"];
    let [folder, other] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    ends(&[&["verify", &backend_after(other.path(), "")], &only[..]].concat(), 0);
    let [json, junit] = ["report.json", "report.xml"].map(|name| folder.path().join(name));
    let reports = [format!("json={}", json.display()), format!("junit={}", junit.display())];
    let flags = ["--report", &reports[0], "--report", &reports[1]];
    let (out, _) = ends(&[&["verify", &backend_after(folder.path(), steer)], &only[..], &flags].concat(), 1);
    let paths = "/__admin/sandboxes/default/faults, /__admin/sandboxes/default/reset";
    let told = format!("the subject called the mock's admin API, {paths}, 2 times");
    assert!(out.contains(&told) && out.contains("passed        user/id-shared"), "{out}");
    assert!(out.ends_with("exit 1: the subject called the mock's admin API\n"), "{out}");
    let report: Value = serde_json::from_str(&std::fs::read_to_string(json).expect("the report")).expect("JSON");
    assert_eq!(report["vendors"][0]["admin_calls"]["times"], 2);
    assert!(std::fs::read_to_string(junit).expect("the report").contains("the subject called the mock"));
}

/// A file for a subject that never gets ready. It starts a child of its own and writes both process ids down.
fn hanging_subject(folder: &std::path::Path) -> String {
    let file = folder.join("hangs.toml");
    let text = std::fs::read_to_string(crate::support::root().join("examples/python/sentiance.toml")).expect("a file");
    let script = "tail -f /dev/null & echo $$ $! > ids.part; mv ids.part ids; tail -f /dev/null";
    let start = format!("[\"sh\", \"-c\", \"{script}\"]");
    std::fs::write(&file, text.replace("[\"python3\", \"partner_backend.py\"]", &start)).expect("a file");
    file.display().to_string()
}

#[test]
fn ctrl_c_ends_the_subject_and_its_children_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = standin(&["verify", &hanging_subject(folder.path())]);
    let mut child = command.stderr(Stdio::null()).spawn().expect("the program runs");
    let ids = loop {
        match std::fs::read_to_string(folder.path().join("ids")) {
            Ok(ids) => break ids,
            Err(_) => std::thread::yield_now(),
        }
    };
    let pid = |id: i32| Pid::from_raw(id).expect("an id");
    kill_process(pid(child.id().cast_signed()), Signal::INT).expect("the signal is sent");
    assert_eq!(child.wait().expect("an end").code(), Some(130));
    for id in ids.split_whitespace().map(|id| id.parse().expect("a number")) {
        assert!(is_gone(pid(id)), "process {id} is still there");
    }
}

/// Whether a process is gone. A killed one stays until its parent has read its exit status.
fn is_gone(id: Pid) -> bool {
    (0..1_000_000).any(|_| {
        std::thread::yield_now();
        let state = std::fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero()));
        state.is_err() || state.is_ok_and(|state| state.contains(") Z "))
    })
}

#[test]
fn the_references_need_no_certificates() {
    let mut verify = standin(&["verify", "--vendor", "finbox"]);
    let output = verify.env("SSL_CERT_FILE", "/none").env("SSL_CERT_DIR", "/none").output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}
