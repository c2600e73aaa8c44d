//! The document as JUnit XML, for CI systems.
//!
//! Each vendor has one suite for each family of rules, with one case for each rule and scenario that exercises it.
//! The XML has no failures and errors exactly if the run's exit code is 0.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use standin_contracts::requirements::Level;
use standin_contracts::rules::Verdict;

use super::terminal::words_of_finding;
use super::{FindingReport, RuleReport, RunDocument, VendorReport, exit};
use crate::snapshot::{SnapshotReport, SnapshotState};

/// Writes the document as JUnit XML, under the name of the command that made it.
///
/// # Errors
/// If the XML can't be written.
pub fn junit(document: &RunDocument, command: &str) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new(command);
    for vendor in &document.vendors {
        report.add_test_suites(families(vendor));
        report.add_test_suites(run_suite(vendor));
        report.add_test_suites(snapshot_suite(vendor));
    }
    if document.exit_code != exit::CLEAN && report.failures + report.errors == 0 {
        let mut suite = TestSuite::new("standin");
        let (kind, name) = if document.fails_by_warnings() {
            ("warnings", "no warning under --strict")
        } else {
            ("nothing judged", "rules were judged")
        };
        suite.add_test_case(case("standin", name, error(kind, document.meaning(), None)));
        report.add_test_suite(suite);
    }
    // Jenkins' schema has no `skipped` sum on the root, and XML allows neither of these two characters.
    let sum = format!(" skipped=\"{}\"", report.skipped);
    Ok(report.to_string()?.replacen(&sum, "", 1).replace(['\u{fffe}', '\u{ffff}'], ""))
}

/// One suite for each family of rules.
fn families(vendor: &VendorReport) -> Vec<TestSuite> {
    let mut suites: Vec<TestSuite> = Vec::new();
    for rule in &vendor.rules {
        let family = rule.rule.split('/').next().unwrap_or_default();
        let name = format!("{}.{family}", vendor.vendor);
        if suites.last().is_none_or(|suite| suite.name.as_str() != name) {
            suites.push(TestSuite::new(name.clone()));
        }
        if let Some(suite) = suites.last_mut() {
            suite.add_test_cases(cases(&name, rule));
        }
    }
    suites
}

fn cases(class: &str, rule: &RuleReport) -> Vec<TestCase> {
    let mut cases = match rule.verdict {
        Verdict::Passed | Verdict::Failed => seen(class, rule),
        Verdict::NotExercised | Verdict::NotTestable | Verdict::NotApplicable => {
            vec![case(class, &rule.rule, not_exercised(rule))]
        }
    };
    if rule.accepted.is_some() && !rule.is_not_exercised() {
        let words = format!("`{}` was exercised after all: remove it from [accepted]", rule.rule);
        cases.push(case(class, &format!("{}: acceptance", rule.rule), error("stale", &words, None)));
    }
    cases
}

/// One case for each scenario that exercises the rule or fails it; one in all where no scenario is known.
fn seen(class: &str, rule: &RuleReport) -> Vec<TestCase> {
    let mut scenarios: Vec<Option<&str>> = rule.scenarios.iter().map(|name| Some(name.as_str())).collect();
    for finding in &rule.findings {
        let scenario = finding.scenario.as_deref();
        if !scenarios.contains(&scenario) {
            scenarios.push(scenario);
        }
    }
    if scenarios.is_empty() {
        scenarios.push(None);
    }
    scenarios.into_iter().map(|scenario| in_scenario(class, rule, scenario)).collect()
}

fn in_scenario(class: &str, rule: &RuleReport, scenario: Option<&str>) -> TestCase {
    let name = scenario.map_or_else(|| rule.rule.clone(), |scenario| format!("{} in {scenario}", rule.rule));
    let found: Vec<_> = rule.findings.iter().filter(|finding| finding.scenario.as_deref() == scenario).collect();
    let Some(first) = found.first() else { return case(class, &name, TestCaseStatus::success()) };
    let text = evidence(rule, &found);
    if rule.level == Some(Level::Must) && !rule.note {
        let message = match found.len() {
            1 => first.message.clone(),
            several => format!("{} (and {} more)", first.message, several - 1),
        };
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("failed").set_message(message).set_description(text);
        return case(class, &name, status);
    }
    let word = if rule.note { "note" } else { "warning" };
    let mut passing = case(class, &name, TestCaseStatus::success());
    passing.set_system_out(format!("{word}: {text}"));
    passing
}

/// The rule's statement, and all findings with their events.
fn evidence(rule: &RuleReport, found: &[&FindingReport]) -> String {
    let parts: Vec<String> = found.iter().map(|finding| words_of_finding(finding)).collect();
    format!(
        "{}\nafter {}; more: standin rules {}\n\n{}",
        rule.statement,
        rule.requirements.join(", "),
        rule.rule,
        parts.join("\n")
    )
}

fn not_exercised(rule: &RuleReport) -> TestCaseStatus {
    let reason = rule.reason.as_deref().unwrap_or("no reason is known");
    match &rule.accepted {
        _ if rule.verdict == Verdict::NotApplicable => skipped(&format!("not applicable: {reason}")),
        _ if !rule.is_required() => skipped(&format!("not required and not exercised: {reason}")),
        Some(accepted) => skipped(&format!("accepted: {accepted} ({reason})")),
        None => {
            let kind = if rule.verdict == Verdict::NotTestable { "not testable" } else { "not exercised" };
            let paste = format!("{}\nto accept that, put under [accepted]: {}", rule.statement, rule.acceptance());
            error(kind, reason, Some(&paste))
        }
    }
}

/// The suite for scenarios and everything else, besides rules and snapshots, that fails a run.
fn run_suite(vendor: &VendorReport) -> Option<TestSuite> {
    let class = format!("{}.run", vendor.vendor);
    let mut suite = TestSuite::new(class.clone());
    for scenario in &vendor.scenarios {
        let status = scenario.skipped.as_ref().map_or_else(TestCaseStatus::success, |why| skipped(why));
        suite.add_test_case(case(&class, &format!("scenario {}", scenario.name), status));
    }
    for (index, words) in vendor.without_outcome.iter().enumerate() {
        let name = format!("outcome {}", index + 1);
        suite.add_test_case(case(&class, &name, error("no outcome", words, None)));
    }
    if let Some(words) = vendor.admin_calls.words() {
        suite.add_test_case(case(&class, "without the admin API", error("admin API called", &words, None)));
    }
    if let Some(why) = &vendor.halted {
        let message = why.lines().next().unwrap_or_default();
        suite.add_test_case(case(&class, "to the end", error("ended early", message, Some(why))));
    }
    (suite.tests > 0).then_some(suite)
}

fn snapshot_suite(vendor: &VendorReport) -> Option<TestSuite> {
    let class = format!("{}.snapshots", vendor.vendor);
    let mut suite = TestSuite::new(class.clone());
    for snapshot in &vendor.snapshots {
        suite.add_test_case(case(&class, &format!("snapshot {}", snapshot.scenario), snapshot_status(snapshot)));
    }
    (suite.tests > 0).then_some(suite)
}

fn snapshot_status(snapshot: &SnapshotReport) -> TestCaseStatus {
    let failed = |words: String| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("snapshot").set_message(words);
        if let Some(diff) = &snapshot.diff {
            status.set_description(diff.as_str());
        }
        status
    };
    match snapshot.state {
        SnapshotState::Changed => failed(format!("something else was said than {} has", snapshot.file)),
        SnapshotState::New => failed(format!("there is no {} yet", snapshot.file)),
        SnapshotState::NotCompared => skipped(snapshot.reason.as_deref().unwrap_or("not compared")),
        SnapshotState::LeftOver => skipped("there is no such scenario any more"),
        SnapshotState::Same | SnapshotState::Updated | SnapshotState::Removed => TestCaseStatus::success(),
    }
}

fn case(class: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}

fn error(kind: &str, message: &str, text: Option<&str>) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type(kind).set_message(message);
    if let Some(text) = text {
        status.set_description(text);
    }
    status
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}
