//! Recorded histories: the same verdicts as in the run, even for damaged files.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use standin_contracts::contract::{VENDORS, builtin};
use standin_contracts::history::{self, Event, Header, History, Leg, What};
use standin_contracts::requirements;
use standin_contracts::rules::Verdict;
use standin_test_suite::mutants::MUTANTS;
use standin_test_suite::recorded::{Bound, Check};
use standin_test_suite::reference::{BackendBehaviour, Conforming};
use standin_test_suite::report::{RuleReport, RunDocument, VendorReport, exit, render};

use crate::support::{findings, reference_plan, root, run, with};

fn check() -> Check {
    let bound = |vendor: &&str| Bound {
        contract: builtin(vendor).expect("it ships").expect("a good contract"),
        requirements: requirements::builtin(vendor).expect("a requirements file"),
    };
    Check { bound: VENDORS.iter().map(bound).collect(), rule: None }
}

fn judge(history: &History) -> Vec<VendorReport> {
    check().judge("a history", "standin check a-history", history).expect("it can be judged")
}

fn judge_one(history: &History) -> VendorReport {
    let mut reports = judge(history);
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

/// A run's report, and the bytes of the history that it wrote.
async fn recorded(vendor: &str, behaviour: Arc<dyn BackendBehaviour>) -> (VendorReport, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut plan = reference_plan(vendor, behaviour);
    plan.history = Some(folder.path().to_owned());
    let live = run(plan).await;
    (live, std::fs::read(folder.path().join("default.jsonl")).expect("the history"))
}

fn read(bytes: &[u8]) -> History {
    history::read(bytes).expect("a history")
}

/// A rule's name, verdict, count, scenarios, and reason for no verdict.
type RuleSummary<'r> = (&'r str, Verdict, u64, &'r [String], Option<&'r str>);

fn told(report: &VendorReport) -> Vec<RuleSummary<'_>> {
    let rules = report.rules.iter();
    rules
        .map(|rule| (rule.rule.as_str(), rule.verdict, rule.exercised, &rule.scenarios[..], rule.reason.as_deref()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_written_history_is_judged_as_the_run_was_that_wrote_it() {
    let mutant = |name: &str| (MUTANTS.iter().find(|known| known.name == name).expect("a mutant").make)();
    for behaviour in [Arc::new(Conforming), mutant("believes-app"), mutant("key-in-query")] {
        let (live, bytes) = recorded("sentiance", behaviour).await;
        let kept = judge_one(&read(&bytes));
        assert_eq!(told(&kept), told(&live));
        assert_eq!(findings(&kept), findings(&live));
        assert_eq!(kept.notices, [] as [String; 0]);
        let code = |report: VendorReport| RunDocument::of(Some(1), vec![report]).exit_code;
        assert_eq!(code(kept), code(live));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_is_cut_anywhere_says_so_and_breaks_nothing() {
    let (_, bytes) = recorded("finbox", Arc::new(Conforming)).await;
    let header = bytes.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    for end in (header..bytes.len()).step_by(bytes.len() / 40) {
        let kept = read(&bytes[..end]);
        let report = judge_one(&kept);
        assert_eq!(kept.cut, bytes[end - 1] != b'\n');
        assert_eq!(report.notices.len(), usize::from(kept.cut), "{:?}", report.notices);
        assert_eq!(findings(&report), [] as [String; 0], "cut after {end} bytes");
    }
    assert!((0..header).all(|end| history::read(&bytes[..end]).is_err()), "without its header it is none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_without_its_beginning_passes_no_rule_by_absence() {
    let (live, bytes) = recorded("finbox", Arc::new(Conforming)).await;
    let mut kept = read(&bytes);
    kept.events.drain(..100);
    let report = judge_one(&kept);
    assert_eq!(with(&report, Verdict::Passed), [] as [&str; 0]);
    assert_eq!(findings(&report), [] as [String; 0]);
    assert_eq!(with(&report, Verdict::NotExercised).len(), with(&live, Verdict::Passed).len());
    assert!(
        report.rules.iter().any(|rule| rule.reason.as_deref() == Some("100 older events were dropped from memory"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_red_only_if_no_rule_was_exercised() {
    let (_, bytes) = recorded("finbox", Arc::new(Conforming)).await;
    let mut kept = read(&bytes);
    let code = |history: &History| RunDocument::of(None, judge(history)).exit_code;
    kept.events.truncate(20);
    assert_eq!(code(&kept), exit::CLEAN);
    kept.events.truncate(1);
    assert_eq!(code(&kept), exit::NOT_EXERCISED);
    let document = RunDocument::of(None, judge(&kept));
    assert!(render(&document, false).ends_with("exit 6: no rule was exercised\n"), "{}", render(&document, false));
}

/// The history as if it had been recorded by a mock that serves all vendors.
fn served_beside_others(history: &History) -> History {
    let header = |vendor: &str| standin_contracts::history::ContractRef {
        vendor: vendor.to_owned(),
        digest: builtin(vendor).expect("it ships").expect("a good contract").digest,
        ..history.header.contracts[0].clone()
    };
    let contracts = VENDORS.iter().map(|vendor| header(vendor)).collect();
    History { header: Header { contracts, ..history.header.clone() }, ..history.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_vendors_each_is_judged_by_its_own_contract() {
    let (live, bytes) = recorded("sentiance", Arc::new(Conforming)).await;
    let sentiance = read(&bytes);
    let alone = judge_one(&served_beside_others(&sentiance));
    assert_eq!(told(&alone), told(&live));
    assert_eq!(alone.notices, ["nobody called techcentrix, finbox"]);

    let (_, bytes) = recorded("finbox", Arc::new(Conforming)).await;
    let both = after_one_another(served_beside_others(&sentiance), read(&bytes).events);
    let reports = judge(&both);
    let vendors: Vec<&str> = reports.iter().map(|report| report.vendor.as_str()).collect();
    assert_eq!(vendors, ["sentiance", "finbox"]);
    for report in &reports {
        assert_eq!(findings(report), [] as [String; 0]);
        assert!(with(report, Verdict::Passed).contains(&"transport/schema-broken"));
        let no_app = |rule: &RuleReport| rule.reason.as_deref().is_some_and(|why| why.starts_with("no app was driven"));
        assert!(report.rules.iter().any(no_app));
    }
}

/// A mock's history without an app, made of two runs: the calls to the vendors and the answers, with consecutive
/// numbers.
fn after_one_another(first: History, second: Vec<Event>) -> History {
    let shifted = second.into_iter().map(|event| numbered(event, 1_000_000));
    let mut exchanges = BTreeSet::new();
    let mut is_call = |event: &Event| match &event.event {
        What::Request(request) => request.leg == Leg::BackendToVendor && exchanges.insert(request.exchange),
        What::Response(response) => exchanges.contains(&response.exchange),
        _ => false,
    };
    let calls = first.events.into_iter().chain(shifted).filter(|event| is_call(event)).zip(1..);
    let events = calls.map(|(event, seq)| Event { seq, ..event }).collect();
    // The origin of the clock stays true.
    let header = Header { users: Vec::new(), ..first.header };
    History { header, events, cut: false }
}

fn numbered(mut event: Event, exchanges: u64) -> Event {
    match &mut event.event {
        What::Request(request) => std::sync::Arc::make_mut(request).exchange += exchanges,
        What::Response(response) => std::sync::Arc::make_mut(response).exchange += exchanges,
        _ => {}
    }
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn another_contract_and_changed_facts_are_told() {
    let (_, bytes) = recorded("sentiance", Arc::new(Conforming)).await;
    let mut kept = read(&bytes);
    kept.events.truncate(200);
    kept.header.contracts[0].digest = "0123456789abcdef".to_owned();
    kept.header.contracts[0].facts.insert("credential.lifetime".to_owned(), "30s".to_owned());
    let text = render(&RunDocument::of(Some(1), judge(&kept)), false);
    assert!(text.contains("credential.lifetime is 30s in this run (the contract says 10min)"), "{text}");
    assert!(text.contains("recorded with another contract of sentiance (0123456789ab)"), "{text}");
}

fn refusal(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("the file");
    match history::read(&bytes) {
        Err(error) => error.to_string(),
        Ok(history) => check().judge("a history", "", &history).expect_err("a bad history").to_string(),
    }
}

#[test]
fn every_bad_history_is_refused_with_its_mistake() {
    let folder = root().join("fixtures/bad-histories");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let told: String = files.iter().map(|path| format!("{}: {}\n", name(path), refusal(path))).collect();
    insta::assert_snapshot!(told);
}
