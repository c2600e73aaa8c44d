//! `standin verify --cases` for an SDK.

use crate::support::{ends, refuses};

#[test]
fn a_generated_case_of_the_reference_sdk_is_played_alone_and_told_in_words() {
    let (out, _) = ends(&["verify", "--vendor", "sentiance", "--case", "3"], 0);
    assert!(out.contains("   1. ") && out.contains("  50. "), "{out}");
}

#[test]
fn crash_points_and_a_fleet_are_told_on_the_page() {
    let only = ["--scenario", "first-start", "--crash-points", "--fleet", "20"];
    let (out, _) =
        ends(&[&["verify", "--vendor", "finbox", "--rule", "session/used-after-end"], &only[..]].concat(), 6);
    assert!(out.contains("places in the scenarios, in "), "{out}");
    assert!(out.contains("20 of 20 got through again"), "{out}");
    let point = ["verify", "--vendor", "finbox", "--crash-point", "first-start:phone-1:command:2"];
    let (out, _) = ends(&point, 0);
    assert!(out.contains("the process of phone-1 dies before command 2, and starts again"), "{out}");
}

#[test]
fn a_regression_is_replayed_with_the_file_next_to_its_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let regressions = folder.path().join("mine.regressions");
    std::fs::create_dir(&regressions).expect("a folder");
    let regression = regressions.join("one.json");
    let case = r#"{"standin_sdk_case": 1, "breaks": "sync/item-lost", "words": [], "seed": 1, "number": 2, "steps": [{"kill": 0}]}"#;
    std::fs::write(&regression, case).expect("a file");
    let path = regression.to_str().expect("a path");
    assert!(refuses(&["replay", path]).contains("name it with `--file`"));
    assert!(
        refuses(&["replay", "no-such.json", "--file", "examples/python/sdk-sentiance.toml"]).contains("no-such.json")
    );
    let of_sdk = ["replay", path, "--file", "examples/python/sentiance.toml"];
    assert!(refuses(&of_sdk).contains("is a case of an SDK, and none is under test"));
}

#[test]
fn two_reports_are_compared() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = |name: &str, flags: &[&str]| {
        let path = folder.path().join(name).to_str().expect("a path").to_owned();
        let to = format!("json={path}");
        let arguments = ["verify", "--vendor", "sentiance", "--scenario", "first-start", "--report", &to];
        ends(&[&arguments[..], flags].concat(), 6);
        path
    };
    let (short, long) = (report("short.json", &[]), report("long.json", &["--cases", "10"]));
    let (out, _) = ends(&["compare", &short, &long], 0);
    assert!(out.starts_with("sentiance\n") && out.contains("covered now: replies: "), "{out}");
    assert!(refuses(&["compare", "README.md", &long]).contains("the earlier report is none"));
}
