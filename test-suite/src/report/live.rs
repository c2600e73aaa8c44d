//! Live judging as text: each finding as it happens, and a summary at the end.

use anstyle::Style;
use standin_contracts::requirements::Level;
use standin_contracts::rules::{NewFinding, Verdict};

use super::terminal::{BAD, BOLD, Page, UNSURE, words_of_steps};
use super::{RuleReport, Step, VendorReport};

/// A finding with the events that prove it. `place` says where it happened.
pub(crate) fn finding(place: &str, finding: &NewFinding, steps: &[Step]) -> String {
    let mut page = Page { text: String::new(), colour: true };
    let (style, word) = word(finding);
    let head = page.paint(style, &format!("{word}: {}", finding.rule.name));
    page.line(&format!("{head}  {}", finding.rule.statement));
    page.line(&format!("  in {place}: {}", finding.finding.message));
    words_of_steps(steps).lines().for_each(|line| page.line(&format!("  {line}")));
    page.line("");
    page.text
}

fn word(finding: &NewFinding) -> (Style, &'static str) {
    match finding.level {
        _ if finding.note => (UNSURE, "note"),
        Some(Level::Must) => (BAD, "failed"),
        _ => (UNSURE, "warning"),
    }
}

/// The verdicts and counts at the end; `late` are the rules that could judge only at the end.
pub(crate) fn summary(report: &VendorReport, late: &[&str]) -> String {
    let mut page = Page { text: String::new(), colour: true };
    let title = page.paint(BOLD, &format!("{} against {}", report.subject, report.vendor));
    page.line(&format!("{title}, {} events", report.events));
    for notice in &report.notices {
        page.line(&format!("  {notice}"));
    }
    for rule in report.rules.iter().filter(|rule| is_seen(rule)) {
        page.rule(rule);
    }
    page.names("judged only now, at the end", |rule| is_seen(rule) && late.contains(&rule.rule.as_str()), report);
    page.names("not exercised", |rule| rule.verdict == Verdict::NotExercised, report);
    page.not_testable(report);
    page.not_applicable(report);
    page.line("");
    page.text
}

fn is_seen(rule: &RuleReport) -> bool {
    matches!(rule.verdict, Verdict::Passed | Verdict::Failed)
}

impl Page {
    fn names(&mut self, what: &str, which: impl Fn(&RuleReport) -> bool, report: &VendorReport) {
        let names: Vec<&str> = report.rules.iter().filter(|rule| which(rule)).map(|rule| rule.rule.as_str()).collect();
        if !names.is_empty() {
            self.line(&format!("  {what}: {}", names.join(", ")));
        }
    }

    /// The rules that are not testable, one line for each reason.
    fn not_testable(&mut self, report: &VendorReport) {
        let rules = report.rules.iter().filter(|rule| rule.verdict == Verdict::NotTestable);
        let mut reasons: Vec<&str> = rules.filter_map(|rule| rule.reason.as_deref()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        for reason in reasons {
            let is_so =
                |rule: &RuleReport| rule.verdict == Verdict::NotTestable && rule.reason.as_deref() == Some(reason);
            self.names(&format!("not testable, as {reason}"), is_so, report);
        }
    }
}
