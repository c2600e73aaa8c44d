//! The document as text for a terminal.

use std::fmt::Write;

use anstyle::{AnsiColor, Color, Style};
use standin_contracts::requirements::Level;
use standin_contracts::rules::Verdict;

use super::groups::{Group, groups};
use super::terminal_property_tests::words_of_case;
use super::{FindingReport, PropertyTestReport, RuleReport, RunDocument, Step, UnconfirmedReport, VendorReport, exit};
use crate::snapshot::{SnapshotReport, SnapshotState};

/// Renders the document as text, in colour if asked for. Colours carry no information of their own.
pub fn render(document: &RunDocument, colour: bool) -> String {
    let mut page = Page { text: String::new(), colour };
    for vendor in &document.vendors {
        page.vendor(vendor);
    }
    page.verdict(document);
    page.text
}

pub(super) struct Page {
    pub(super) text: String,
    pub(super) colour: bool,
}

/// How many groups of findings that say the same are shown of a rule, with one finding each.
const SHOWN: usize = 3;

/// The words for the states of snapshots in the summary.
const SNAPSHOTS: &[(SnapshotState, &str)] = &[
    (SnapshotState::Same, "the same"),
    (SnapshotState::Updated, "updated"),
    (SnapshotState::Removed, "removed"),
    (SnapshotState::Changed, "changed"),
    (SnapshotState::New, "missing"),
    (SnapshotState::NotCompared, "not compared"),
    (SnapshotState::LeftOver, "left over"),
];

pub(super) const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Green)));
pub(super) const BAD: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Red)));
pub(super) const UNSURE: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Yellow)));

impl Page {
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    pub(super) fn paint(&self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn vendor(&mut self, report: &VendorReport) {
        let title = self.paint(BOLD, &format!("{} against {}", report.subject, report.vendor));
        self.line(&title);
        for fact in &report.changed {
            self.line(&format!("  {} is {} in this run (the contract says {})", fact.name, fact.run, fact.contract));
        }
        for notice in &report.notices {
            self.line(&format!("  {notice}"));
        }
        if report.scenarios.is_empty() && report.property_tests.is_none() && report.halted.is_some() {
            self.notices(report);
            self.line("");
            return;
        }
        self.scenarios(report);
        if let Some(tests) = &report.property_tests {
            self.property_tests(tests);
        }
        if let Some(crashes) = &report.crashes {
            self.crashes(crashes);
        }
        if let Some(fleet) = &report.fleet {
            self.fleet(fleet);
        }
        if let Some(coverage) = &report.coverage {
            self.coverage(coverage);
        }
        self.line("");
        for rule in report.rules.iter().filter(|rule| rule.verdict != Verdict::NotApplicable) {
            self.rule(rule);
        }
        self.not_applicable(report);
        for rule in report.rules.iter().filter(|rule| rule.verdict == Verdict::Failed) {
            self.failed(rule);
        }
        for unconfirmed in &report.unconfirmed {
            self.unconfirmed(unconfirmed);
        }
        self.snapshots(report);
        self.notices(report);
        self.line("");
    }

    fn unconfirmed(&mut self, unconfirmed: &UnconfirmedReport) {
        self.line("");
        let head = self.paint(UNSURE, &format!("warning: {}", unconfirmed.rule));
        self.line(&format!("{head}  was found once, and on no fresh subject again"));
        self.finding(&unconfirmed.finding);
        if let Some(history) = &unconfirmed.history {
            self.line(&format!("  its history is kept in {history}"));
        }
    }

    fn snapshots(&mut self, report: &VendorReport) {
        for snapshot in &report.snapshots {
            let Some((style, word, words)) = told(snapshot) else { continue };
            self.line("");
            let word = self.paint(style, word);
            self.line(&format!("{word}: {words}"));
            for line in snapshot.diff.iter().flat_map(|diff| diff.lines()) {
                let line = self.diff_line(line);
                self.line(&line);
            }
        }
        if report.snapshots.iter().any(|snapshot| snapshot.state.fails()) {
            self.line("");
            self.line("  to accept what was said, run the same with `--update` outside of CI");
        }
    }

    fn diff_line(&self, line: &str) -> String {
        let style = match line.chars().next() {
            Some('+') => GOOD,
            Some('-') => BAD,
            Some('@') => DIM,
            _ => return format!("  {line}"),
        };
        format!("  {}", self.paint(style, line))
    }

    fn scenarios(&mut self, report: &VendorReport) {
        let played: Vec<&str> = report
            .scenarios
            .iter()
            .filter(|scenario| scenario.skipped.is_none())
            .map(|scenario| scenario.name.as_str())
            .collect();
        match played.is_empty() {
            true if report.scenarios.is_empty() => self.line(&format!("  {} events", report.events)),
            true => {}
            false => self.line(&format!("  {} events in these scenarios: {}", report.events, played.join(", "))),
        }
        for scenario in &report.scenarios {
            if let Some(why) = &scenario.skipped {
                self.line(&format!("  not played: {} ({why})", scenario.name));
            }
        }
    }

    pub(super) fn rule(&mut self, rule: &RuleReport) {
        let (style, word) = verdict(rule);
        let word = self.paint(style, &format!("{word:<14}"));
        let seen = if rule.is_not_exercised() { String::new() } else { seen(rule) };
        self.line(&format!("  {word}{:<34}{seen}", rule.rule));
        if !rule.not_seen.is_empty() {
            self.line(&format!("  {:14}  not seen: {}", "", rule.not_seen.join("; ")));
        }
        if !rule.is_not_exercised() {
            return;
        }
        if let Some(reason) = &rule.reason {
            self.line(&format!("  {:14}  {reason}", ""));
        }
        match &rule.accepted {
            Some(reason) => self.line(&format!("  {:14}  accepted: {reason}", "")),
            None if rule.is_required() => {
                let paste = rule.acceptance();
                self.line(&format!("  {:14}  required; to accept that, put under [accepted]: {paste}", ""));
            }
            None => {}
        }
    }

    pub(super) fn not_applicable(&mut self, report: &VendorReport) {
        let names: Vec<&str> = report
            .rules
            .iter()
            .filter(|rule| rule.verdict == Verdict::NotApplicable)
            .map(|rule| rule.rule.as_str())
            .collect();
        if !names.is_empty() {
            let line = self.paint(DIM, &format!("not applicable to this vendor: {}", names.join(", ")));
            self.line(&format!("  {line}"));
        }
    }

    /// Shows a failed rule with its first findings.
    fn failed(&mut self, rule: &RuleReport) {
        self.line("");
        let (style, word) = verdict(rule);
        let head = self.paint(style, &format!("{word}: {}", rule.rule));
        self.line(&format!("{head}  {}", rule.statement));
        self.line(&format!(
            "  {}, after {}; more: standin rules {}",
            level(rule),
            rule.requirements.join(", "),
            rule.rule
        ));
        let groups = groups(&rule.findings);
        for Group { first, more } in groups.iter().take(SHOWN) {
            self.finding(first);
            if *more > 0 {
                self.line(&format!("  and {more} more like it"));
            }
        }
        let hidden: usize = groups.iter().skip(SHOWN).map(|group| group.more + 1).sum();
        if hidden > 0 {
            self.line("");
            self.line(&format!("  and {hidden} of other kinds"));
        }
        if rule.findings.len() > groups.len().min(SHOWN) {
            self.line("  `--report json=PATH` has them all");
        }
    }

    fn finding(&mut self, finding: &FindingReport) {
        self.line("");
        for line in words_of_finding(finding).lines() {
            self.line(&format!("  {line}"));
        }
    }

    fn notices(&mut self, report: &VendorReport) {
        let stale = report.rules.iter().filter(|rule| rule.accepted.is_some() && !rule.is_not_exercised());
        let stale = stale.map(|rule| format!("`{}` was exercised after all: remove it from [accepted]", rule.rule));
        let stale: Vec<_> = stale.map(|words| (UNSURE, "stale", words)).collect();
        let steered = report.admin_calls.words().map(|words| (BAD, "admin API called", words));
        let missing = report.without_outcome.iter().map(|words| (BAD, "no outcome", words.clone()));
        let halted = report.halted.iter().map(|words| (BAD, "ended early", words.clone()));
        for (style, word, words) in steered.into_iter().chain(missing).chain(stale).chain(halted) {
            self.line("");
            let word = self.paint(style, word);
            self.line(&format!("{word}: {words}"));
        }
        if let Some(end) = report.property_tests.as_ref().and_then(|tests| tests.ended.as_ref()) {
            self.end(end);
        }
    }

    fn verdict(&mut self, document: &RunDocument) {
        for report in &document.vendors {
            let counts = counts(report);
            let style = if report.exit_code() == exit::CLEAN { GOOD } else { BAD };
            let name = self.paint(style, &format!("{:<14}", report.vendor));
            self.line(&format!("{name}{counts}"));
        }
        if document.exit_code != exit::CLEAN {
            self.line(&format!("exit {}: {}", document.exit_code, document.meaning()));
        }
    }
}

fn seen(rule: &RuleReport) -> String {
    let times = |count: u64| if count == 1 { "once".to_owned() } else { format!("{count} times") };
    match (rule.exercised, rule.in_cases) {
        (seen, 0) => format!("exercised {}", times(seen)),
        (0, cases) => format!("exercised in cases {}", times(cases)),
        (seen, cases) => format!("exercised {}, in cases {}", times(seen), times(cases)),
    }
}

/// What happened, the events that prove it, and the command that shows it again.
pub(super) fn words_of_finding(finding: &FindingReport) -> String {
    let mut words = format!("{}\n", finding.message);
    if let Some(case) = &finding.case {
        words += &words_of_case(case);
    }
    if let Some(killed) = &finding.killed {
        let scenario = finding.scenario.as_deref().unwrap_or_default();
        words += &format!("  in the scenario {scenario}, {killed}\n");
    }
    if let Some(seen) = finding.came_again.filter(|seen| seen.times < seen.of) {
        words += &format!("  flaky: it came again {} of {} times on a fresh subject\n", seen.times, seen.of);
    }
    words + &words_of_steps(&finding.steps) + &format!("again   {}\n", finding.replay)
}

/// A sequence as text, one line for each event.
pub(super) fn words_of_steps(steps: &[Step]) -> String {
    let width = steps.iter().map(|step| step.actors.chars().count()).max().unwrap_or(0);
    steps.iter().map(|step| format!("{:>6}  {:<width$}  {}\n", step.seq, step.actors, step.said)).collect()
}

/// The verdict as a word. A failed `SHOULD` rule is a warning, and one that rests on assumed facts is a note.
fn verdict(rule: &RuleReport) -> (Style, &'static str) {
    match rule.verdict {
        Verdict::Passed => (GOOD, "passed"),
        Verdict::Failed if rule.note => (UNSURE, "note"),
        Verdict::Failed if rule.level == Some(Level::Must) => (BAD, "failed"),
        Verdict::Failed => (UNSURE, "warning"),
        Verdict::NotExercised => (UNSURE, "not exercised"),
        Verdict::NotTestable => (UNSURE, "not testable"),
        Verdict::NotApplicable => (DIM, "not applicable"),
    }
}

fn level(rule: &RuleReport) -> &'static str {
    match rule.level {
        Some(Level::Must) => "must",
        Some(Level::Should) => "should",
        None => "no requirement",
    }
}

fn counts(report: &VendorReport) -> String {
    let summary = &report.summary;
    let mut text = format!("{} passed", summary.passed);
    let parts = [
        (summary.failed, "failed"),
        (report.warnings(), "warnings"),
        (summary.notes, "notes"),
        (summary.not_exercised, "required and not exercised"),
        (summary.accepted, "accepted as not exercised"),
        (summary.optional_not_exercised, "not required and not exercised"),
        (summary.stale, "accepted and exercised after all"),
        (summary.not_applicable, "not applicable"),
    ];
    for (count, words) in parts.into_iter().filter(|(count, _)| *count > 0) {
        // Writing to a string can't fail.
        let _ = write!(text, ", {count} {words}");
    }
    if report.halted.is_some() {
        text.push_str(", ended early");
    }
    let snapshots: Vec<String> = SNAPSHOTS.iter().filter_map(|(state, words)| counted(report, *state, words)).collect();
    if !snapshots.is_empty() {
        text += &format!("; snapshots: {}", snapshots.join(", "));
    }
    if !report.without_outcome.is_empty() {
        text.push_str(", no outcome");
    }
    if report.admin_calls.times > 0 {
        text.push_str(", admin API called");
    }
    if report.property_tests.as_ref().is_some_and(PropertyTestReport::saw_nothing) {
        text.push_str(", nothing exercised in cases");
    }
    text
}

/// A line about a snapshot; `None` for states that need none.
fn told(snapshot: &SnapshotReport) -> Option<(Style, &'static str, String)> {
    let SnapshotReport { scenario, file, state, reason, .. } = snapshot;
    let why = reason.as_deref().unwrap_or_default();
    match state {
        SnapshotState::Changed => Some((BAD, "snapshot changed", format!("{scenario} in {file}"))),
        SnapshotState::New => Some((BAD, "no snapshot yet", format!("{scenario}, to be kept in {file}"))),
        SnapshotState::LeftOver => {
            Some((UNSURE, "snapshot left over", format!("no scenario is called {scenario}: {file}")))
        }
        SnapshotState::NotCompared => Some((UNSURE, "snapshot not compared", format!("{scenario} ({why})"))),
        SnapshotState::Same | SnapshotState::Updated | SnapshotState::Removed => None,
    }
}

fn counted(report: &VendorReport, state: SnapshotState, words: &str) -> Option<String> {
    let count = report.snapshots.iter().filter(|snapshot| snapshot.state == state).count();
    (count > 0).then(|| format!("{count} {words}"))
}
