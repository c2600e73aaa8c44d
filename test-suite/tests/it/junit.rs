//! The report as JUnit XML: a CI system's result agrees with the exit code.

use std::collections::BTreeSet;
use std::sync::Arc;

use quick_junit::{Report, TestCaseStatus};
use standin_contracts::requirements::Level;
use standin_contracts::rules::Verdict;
use standin_test_suite::mutants::MUTANTS;
use standin_test_suite::reference::Conforming;
use standin_test_suite::report::{
    AdminCalls, FindingReport, RuleReport, RunDocument, ScenarioReport, Step, Summary, VendorReport, exit, junit,
};
use standin_test_suite::snapshot::{SnapshotReport, SnapshotState};

use crate::support::{reference_plan, run};

fn rule(name: &str, verdict: Verdict) -> RuleReport {
    let is_seen = matches!(verdict, Verdict::Passed | Verdict::Failed);
    RuleReport {
        rule: name.to_owned(),
        statement: "What is right is done.".to_owned(),
        verdict,
        level: Some(Level::Must),
        promised: true,
        note: false,
        exercised: u64::from(is_seen),
        in_cases: 0,
        scenarios: if is_seen { vec!["repeat".to_owned(), "restart".to_owned()] } else { Vec::new() },
        not_seen: Vec::new(),
        reason: (!is_seen).then(|| "it takes what was lacking".to_owned()),
        accepted: None,
        requirements: vec!["C1".to_owned()],
        findings: Vec::new(),
    }
}

fn failed(name: &str, messages: &[&str]) -> RuleReport {
    let finding = |message: &&str| FindingReport {
        case: None,
        killed: None,
        came_again: None,
        message: (*message).to_owned(),
        scenario: Some("repeat".to_owned()),
        steps: vec![Step { seq: 7, actors: "app → backend".to_owned(), said: "POST /a?b=1&c=<d>".to_owned() }],
        replay: format!("standin verify --rule {name}"),
    };
    RuleReport { findings: messages.iter().map(finding).collect(), ..rule(name, Verdict::Failed) }
}

fn accepted(rule: RuleReport) -> RuleReport {
    RuleReport { accepted: Some("our gateway hides it".to_owned()), ..rule }
}

fn should(rule: RuleReport) -> RuleReport {
    RuleReport { level: Some(Level::Should), ..rule }
}

fn note(rule: RuleReport) -> RuleReport {
    RuleReport { note: true, ..rule }
}

fn vendor(rules: Vec<RuleReport>) -> VendorReport {
    let scenario = |name: &str, skipped: Option<&str>| ScenarioReport {
        name: name.to_owned(),
        summary: String::new(),
        skipped: skipped.map(str::to_owned),
    };
    VendorReport {
        vendor: "acme".to_owned(),
        contract: String::new(),
        subject: "a backend".to_owned(),
        changed: Vec::new(),
        notices: Vec::new(),
        scenarios: vec![scenario("repeat", None), scenario("restart", Some("it can't be restarted"))],
        summary: Summary::of(&rules),
        rules,
        events: 9,
        without_outcome: Vec::new(),
        admin_calls: AdminCalls::default(),
        snapshots: Vec::new(),
        transcripts: Vec::new(),
        unconfirmed: Vec::new(),
        strict: false,
        halted: None,
        property_tests: None,
        crashes: None,
        fleet: None,
        coverage: None,
        coverage_data: None,
    }
}

fn snapshot(scenario: &str, state: SnapshotState) -> SnapshotReport {
    let diff = (state == SnapshotState::Changed).then(|| "-old\n+new\n".to_owned());
    SnapshotReport { scenario: scenario.to_owned(), file: format!("acme__{scenario}.snap"), state, diff, reason: None }
}

/// A report with one entry of each kind that a run can have.
fn everything() -> VendorReport {
    let mut report = vendor(vec![
        rule("a/passed", Verdict::Passed),
        failed("a/failed", &["one thing", "another"]),
        should(failed("a/warned", &["not nice"])),
        note(failed("a/noted", &["our opinion"])),
        rule("b/not-exercised", Verdict::NotExercised),
        rule("b/not-testable", Verdict::NotTestable),
        accepted(rule("b/accepted", Verdict::NotTestable)),
        should(rule("b/optional", Verdict::NotExercised)),
        rule("b/not-applicable", Verdict::NotApplicable),
        accepted(rule("b/stale", Verdict::Passed)),
    ]);
    report.without_outcome = vec!["no answer ever held an outcome".to_owned()];
    report.halted = Some("the subject ended by itself\n  its last words".to_owned());
    report.snapshots = vec![
        snapshot("repeat", SnapshotState::Changed),
        snapshot("restart", SnapshotState::Same),
        snapshot("concurrent", SnapshotState::New),
    ];
    report
}

fn read(document: &RunDocument) -> Report {
    Report::deserialize_from_str(&junit(document, "standin verify").expect("XML")).expect("JUnit")
}

fn document(report: VendorReport) -> RunDocument {
    RunDocument::new(1, vec![report])
}

#[test]
fn each_verdict_has_its_form() {
    insta::assert_snapshot!(junit(&document(everything()), "standin verify").expect("XML"));
}

#[test]
fn only_what_ends_with_0_has_neither_failures_nor_errors() {
    let passed = || rule("a/passed", Verdict::Passed);
    let with = |change: fn(&mut VendorReport)| {
        let mut report = vendor(vec![rule("a/passed", Verdict::Passed)]);
        change(&mut report);
        report
    };
    let reports = vec![
        (exit::CLEAN, vendor(vec![passed()])),
        (exit::CLEAN, vendor(vec![passed(), should(failed("a/warned", &["so"])), note(failed("a/noted", &["so"]))])),
        (exit::CLEAN, vendor(vec![passed(), accepted(rule("b/accepted", Verdict::NotExercised))])),
        (exit::CLEAN, with(|report| report.snapshots = vec![snapshot("repeat", SnapshotState::Updated)])),
        (exit::FAILED, vendor(vec![passed(), failed("a/failed", &["so"])])),
        (exit::FAILED, with(|report| report.snapshots = vec![snapshot("repeat", SnapshotState::New)])),
        (exit::FAILED, with(|report| report.admin_calls.times = 1)),
        (exit::FAILED, with(|report| report.snapshots = vec![snapshot("repeat", SnapshotState::Changed)])),
        (exit::USAGE, vendor(vec![rule("a/none", Verdict::NotApplicable)])),
        (exit::SUBJECT, with(|report| report.halted = Some("it ended".to_owned()))),
        (exit::STALE, vendor(vec![accepted(passed())])),
        (exit::NOT_EXERCISED, vendor(vec![passed(), rule("b/not exercised", Verdict::NotExercised)])),
        (exit::NOT_EXERCISED, vendor(vec![passed(), rule("b/not exercised", Verdict::NotTestable)])),
        (exit::NOT_EXERCISED, vendor(vec![should(rule("b/not exercised", Verdict::NotExercised))])),
        (exit::NOT_EXERCISED, with(|report| report.without_outcome = vec!["none".to_owned()])),
    ];
    for (code, report) in reports {
        let document = document(report);
        assert_eq!(document.exit_code, code, "{document:#?}");
        let read = read(&document);
        assert_eq!(
            read.failures + read.errors == 0,
            code == exit::CLEAN,
            "{code}: {}",
            junit(&document, "standin verify").expect("XML")
        );
    }
}

/// Checks that the sums are right and all names of cases are unique.
fn is_sound(read: &Report) {
    let mut names = BTreeSet::new();
    let mut sums = (0, 0, 0);
    for suite in &read.test_suites {
        assert_eq!(suite.tests, suite.test_cases.len());
        for case in &suite.test_cases {
            assert_eq!(case.classname.as_ref(), Some(&suite.name));
            assert!(names.insert((suite.name.clone(), case.name.clone())), "{:?} twice", case.name);
        }
        let count = |is: fn(&TestCaseStatus) -> bool| suite.test_cases.iter().filter(|case| is(&case.status)).count();
        let failed = count(|status| matches!(status, TestCaseStatus::NonSuccess { .. }));
        assert_eq!(failed, suite.failures + suite.errors);
        assert_eq!(count(|status| matches!(status, TestCaseStatus::Skipped { .. })), suite.skipped);
        sums = (sums.0 + suite.tests, sums.1 + suite.failures, sums.2 + suite.errors);
    }
    assert_eq!(sums, (read.tests, read.failures, read.errors));
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_are_right_and_names_are_unique() {
    is_sound(&read(&document(everything())));
    let mut vendors = vec![run(reference_plan("finbox", Arc::new(Conforming))).await];
    let faulty = MUTANTS.iter().find(|mutant| mutant.name == "believes-app").expect("the mutant");
    vendors.push(run(reference_plan("sentiance", (faulty.make)())).await);
    is_sound(&read(&RunDocument::new(1, vendors)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_has_a_case_for_each_scenario_that_put_it_to_the_test() {
    let report = run(reference_plan("sentiance", Arc::new(Conforming))).await;
    let scenarios = |name: &str| report.rules.iter().find(|rule| rule.rule == name).expect("a rule").scenarios.clone();
    assert_eq!(scenarios("credential/without-app-login"), ["app-login"]);
    assert_eq!(scenarios("credential/for-another-user"), ["names-victim"]);
    assert!(scenarios("credential/shared").contains(&"concurrent".to_owned()));
    assert!(!scenarios("credential/shared").contains(&"key-refused".to_owned()));
    let xml = junit(&document(report), "standin verify").expect("XML");
    assert!(
        xml.contains(
            r#"<testcase name="credential/without-app-login in app-login" classname="sentiance.credential"/>"#
        )
    );
}

#[test]
fn what_xml_can_not_hold_is_left_out() {
    let mut report =
        vendor(vec![failed("a/failed", &["an \u{1b}[31mangry\u{1b}[0m \0 word \u{8} & <b> ]]> \u{ffff}"])]);
    report.halted = Some("\u{1}\u{c}the end\u{1f}".to_owned());
    let xml = junit(&document(report), "standin verify").expect("XML");
    let is_fine = |c: char| matches!(c, '\n' | '\t' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(is_fine), "{xml:?}");
    assert!(xml.contains("angry  word  &amp; &lt;b&gt; ]]&gt;"), "{xml}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_it() {
    let mutant = MUTANTS.iter().find(|known| known.name == "hands-over-key").expect("the mutant");
    let xml = junit(&document(run(reference_plan("sentiance", (mutant.make)())).await), "standin verify").expect("XML");
    for secret in ["standin-server-key", "c3RhbmRpbi1zZXJ2ZXIta2V5", "login-of-alice", "alice@example.org", "+15550100"]
    {
        assert!(!xml.contains(secret), "it holds {secret}");
    }
    assert!(xml.contains("server_key#1"));
}
