//! Judges a history: from events to verdicts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::browsers::BrowserTraffic;
use super::played::HarnessTraffic;
use super::timelines::InstallTimelines;
use super::{Context, Evidence, Finding, Joined, Monitor, RULES, Rule};
use crate::history::{Event, Header, Subject, What};
use crate::protocol::CommandName;
use crate::requirements::{Level, Requirements};

/// The verdict of a rule on a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The rule was exercised, and nothing broke it.
    Passed,
    /// Something broke the rule.
    Failed,
    /// The history did not exercise the rule.
    NotExercised,
    /// This subject can't exercise the rule.
    NotTestable,
    /// The rule does not apply to clients of this vendor.
    NotApplicable,
}

/// One rule's verdict, with the reasons for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// The name of the rule.
    pub rule: String,
    /// The verdict on the history.
    pub verdict: Verdict,
    /// How much the rule binds. `None` if it does not apply.
    pub level: Option<Level>,
    /// The number of times the rule was exercised.
    pub exercised: u64,
    /// The places in the history where the rule was broken.
    pub findings: Vec<Finding>,
    /// The reason for a verdict other than passed or failed.
    pub reason: Option<String>,
    /// What a rule that passed could not see here, such as `after a restart`.
    pub not_seen: Vec<String>,
    /// The ids of the requirements that ask for the rule.
    pub requirements: Vec<String>,
    /// Whether the rule rests on our own opinion alone, so that its findings are notes.
    pub note: bool,
}

/// Judges a whole history by every rule about the subjects under test, or only by the rule named `only`.
pub fn judge<'e>(
    header: &Header,
    events: impl IntoIterator<Item = &'e Event>,
    contract_commands: &[CommandName],
    requirements: &Requirements,
    only: Option<&str>,
) -> Vec<Judgement> {
    let mut judge = Judge::new(header, contract_commands, requirements, only);
    for event in events {
        judge.observe(event);
    }
    judge.finish()
}

/// A finding that is new, with the level of the rule that was broken.
#[derive(Debug, Clone)]
pub struct NewFinding {
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// How much the rule binds.
    pub level: Option<Level>,
    /// Whether the rule rests on our own opinion alone.
    pub note: bool,
    /// The place in the history where the rule was broken.
    pub finding: Finding,
}

/// Judges a history while it grows.
pub struct Judge {
    rules: Vec<JudgedRule>,
    scenarios: Vec<(u64, String)>,
    dropped: u64,
    browsers: BrowserTraffic,
    played: HarnessTraffic,
    /// The installs as the rules about client backends see them.
    all: InstallTimelines,
    /// The installs as all other rules see them. `None` if there is no difference.
    own: Option<InstallTimelines>,
}

impl Judge {
    /// Starts judging by every rule about the subjects under test, or only by the rule named `only`.
    pub fn new(
        header: &Header,
        contract_commands: &[CommandName],
        requirements: &Requirements,
        only: Option<&str>,
    ) -> Self {
        let context = Context::of(header);
        let judged = |rule: &'static Rule| {
            let tested = rule.subjects.iter().copied().filter(|subject| header.subjects().contains(subject));
            let subjects: Vec<Subject> = tested.collect();
            let context = Context { subjects: &subjects, ..context };
            (!subjects.is_empty()).then(|| JudgedRule::new(rule, &context, contract_commands, requirements))
        };
        let rules = RULES.iter().filter(|rule| only.is_none_or(|name| name == rule.name)).filter_map(judged).collect();
        let played = HarnessTraffic::of(header);
        let own = played.is_possible().then(InstallTimelines::default);
        let (scenarios, browsers, all) = (Vec::new(), BrowserTraffic::default(), InstallTimelines::default());
        Self { rules, scenarios, dropped: 0, browsers, played, all, own }
    }

    /// Processes the next event.
    pub fn observe(&mut self, event: &Event) {
        if self.browsers.has_part_in(event) {
            return;
        }
        match &event.event {
            What::Scenario { name } => self.scenarios.push((event.seq, name.clone())),
            What::Dropped { events } => self.dropped = self.dropped.saturating_add(*events),
            _ => {}
        }
        let is_played = self.played.has_part_in(event);
        self.all.observe(event);
        if let Some(own) = self.own.as_mut().filter(|_| !is_played) {
            own.observe(event);
        }
        for monitor in self.rules.iter_mut().filter_map(|judged| judged.monitor.as_mut().ok()) {
            monitor.observe(event);
        }
    }

    /// Returns the findings since the last call, from rules that judge during the history.
    pub fn new_findings(&mut self) -> Vec<NewFinding> {
        let Self { rules, scenarios, all, own, .. } = self;
        if rules.iter().any(JudgedRule::is_due) {
            let views = Views::of(all, own.as_ref());
            rules.iter_mut().filter(|judged| judged.is_due()).for_each(|judged| judged.look(&views));
        }
        rules.iter_mut().flat_map(|judged| judged.new_findings(scenarios)).collect()
    }

    /// The rules that apply and judge only at the end of the history. [`Judge::new_findings`] never returns their
    /// findings.
    pub fn judging_at_the_end(&self) -> impl Iterator<Item = &'static Rule> {
        let waits = |judged: &&JudgedRule| judged.monitor.as_ref().is_ok_and(|monitor| monitor.found().is_none());
        self.rules.iter().filter(waits).map(|judged| judged.rule)
    }

    /// Returns the verdicts, sorted by the names of the rules.
    pub fn finish(self) -> Vec<Judgement> {
        let Self { rules, scenarios, dropped, all, own, .. } = self;
        let views = Views::of(&all, own.as_ref());
        rules.into_iter().map(|judged| judged.judgement(&views, &scenarios, dropped)).collect()
    }
}

/// The joined state of a history, as each rule sees it.
struct Views<'l> {
    all: Joined<'l>,
    own: Option<Joined<'l>>,
}

impl<'l> Views<'l> {
    fn of(all: &'l InstallTimelines, own: Option<&'l InstallTimelines>) -> Self {
        Self { all: Joined::of(all), own: own.map(Joined::of) }
    }

    fn of_rule(&self, judged: &JudgedRule) -> &Joined<'l> {
        self.own.as_ref().filter(|_| !judged.is_about_backends()).unwrap_or(&self.all)
    }
}

/// One rule with its requirements, and its monitor or the reason why it does not apply.
struct JudgedRule {
    rule: &'static Rule,
    level: Option<Level>,
    requirements: Vec<String>,
    note: bool,
    monitor: Result<Box<dyn Monitor>, String>,
    /// What the rule does not see for want of a capability.
    blind_to: Vec<String>,
    /// The number of findings that `new_findings` has already returned.
    told: usize,
}

impl JudgedRule {
    fn new(rule: &'static Rule, context: &Context<'_>, commands: &[CommandName], requirements: &Requirements) -> Self {
        let basis = requirements.of_rule(rule.name);
        let monitor = match (lacking(rule, commands), &basis) {
            (Some(reason), _) => Err(reason),
            (None, None) => Err(excluded(rule, requirements)),
            (None, Some(_)) => Ok((rule.monitor)(context)),
        };
        let basis = basis.filter(|_| monitor.is_ok());
        Self {
            rule,
            level: basis.as_ref().map(|basis| basis.level),
            requirements: basis
                .iter()
                .flat_map(|basis| &basis.requirements)
                .map(|requirement| requirement.id.clone())
                .collect(),
            note: basis.is_some_and(|basis| basis.assumed_only),
            monitor,
            blind_to: blind_to(rule, context),
            told: 0,
        }
    }

    fn is_about_backends(&self) -> bool {
        self.rule.subjects.contains(&Subject::ClientBackend)
    }

    fn is_due(&self) -> bool {
        self.monitor.as_ref().is_ok_and(|monitor| monitor.is_due())
    }

    fn look(&mut self, views: &Views<'_>) {
        let joined = views.of_rule(self);
        if let Ok(monitor) = &mut self.monitor {
            monitor.look(joined);
        }
    }

    fn new_findings(&mut self, scenarios: &[(u64, String)]) -> Vec<NewFinding> {
        let found = self.monitor.as_ref().ok().and_then(|monitor| monitor.found()).unwrap_or_default();
        let new = found.get(self.told..).unwrap_or_default();
        self.told = found.len();
        let new_findings = |finding: &Finding| NewFinding {
            rule: self.rule,
            level: self.level,
            note: self.note,
            finding: placed(finding.clone(), scenarios),
        };
        new.iter().map(new_findings).collect()
    }

    fn judgement(self, views: &Views<'_>, scenarios: &[(u64, String)], dropped: u64) -> Judgement {
        let joined = views.of_rule(&self);
        let (verdict, mut evidence, reason) = match self.monitor {
            Err(reason) => (Verdict::NotApplicable, Evidence::default(), Some(reason)),
            Ok(monitor) => {
                let mut evidence = monitor.finish(joined);
                evidence.not_seen.extend(self.blind_to);
                let (verdict, reason) = verdict(self.rule, &mut evidence, dropped);
                (verdict, evidence, reason)
            }
        };
        // Only a rule that passed promises more than it saw.
        if verdict != Verdict::Passed {
            evidence.not_seen.clear();
        }
        let findings = evidence.findings.into_iter().map(|finding| placed(finding, scenarios)).collect();
        Judgement {
            rule: self.rule.name.to_owned(),
            verdict,
            level: self.level,
            exercised: evidence.exercised,
            findings,
            reason,
            not_seen: evidence.not_seen,
            requirements: self.requirements,
            note: self.note,
        }
    }
}

fn verdict(rule: &Rule, evidence: &mut Evidence, dropped: u64) -> (Verdict, Option<String>) {
    if !evidence.findings.is_empty() {
        return (Verdict::Failed, None);
    }
    // With events missing, the rest can prove a violation but not the absence of one.
    if dropped > 0 {
        return (Verdict::NotExercised, Some(format!("{dropped} older events were dropped from memory")));
    }
    if evidence.exercised > 0 {
        evidence.not_seen.extend(evidence.not_testable.take());
        return (Verdict::Passed, None);
    }
    match (evidence.undecided.take(), evidence.not_testable.take()) {
        (Some(reason), _) => (Verdict::NotExercised, Some(reason)),
        (None, Some(reason)) => (Verdict::NotTestable, Some(reason)),
        (None, None) => (Verdict::NotExercised, Some(format!("not exercised; it takes {}", rule.precondition))),
    }
}

fn blind_to(rule: &Rule, context: &Context<'_>) -> Vec<String> {
    let unseen = rule.blind_without.iter().filter(|(capability, _)| context.is_without(capability));
    unseen.map(|(_, unseen)| (*unseen).to_owned()).collect()
}

fn lacking(rule: &Rule, commands: &[CommandName]) -> Option<String> {
    if rule.needs.is_empty() || rule.needs.iter().any(|command| commands.contains(command)) {
        return None;
    }
    let needed: Vec<_> = rule.needs.iter().map(|command| command.as_str()).collect();
    Some(format!("the vendor has no {}", needed.join(" or ")))
}

fn excluded(rule: &Rule, requirements: &Requirements) -> String {
    requirements.excluded_because(rule.name).unwrap_or("no requirement asks for it").to_owned()
}

fn placed(mut finding: Finding, scenarios: &[(u64, String)]) -> Finding {
    let last = finding.events.last().copied().unwrap_or_default();
    finding.scenario = scenarios.iter().rev().find(|(began, _)| *began <= last).map(|(_, name)| name.clone());
    finding
}
