//! From a history to its report: the common part of a run and of a recorded history.

use std::collections::BTreeMap;

use standin_contracts::contract::Contract;
use standin_contracts::history::{Event, Header, Leg, What};
use standin_contracts::requirements::Requirements;
use standin_contracts::rules::{self, Judgement, Verdict};

use crate::report::{AdminCalls, FindingReport, RuleReport, Summary, VendorReport, sequence};

/// What a history is judged by.
pub(crate) struct Judging<'j> {
    pub(crate) contract: &'j Contract,
    pub(crate) requirements: &'j Requirements,
    pub(crate) rule: Option<&'j str>,
}

/// The further input of a report.
pub(crate) struct Telling<'t> {
    pub(crate) subject: &'t str,
    /// Whether a `MUST` rule that was not exercised makes the run fail.
    pub(crate) promised: bool,
    /// The accepted reason for a rule that was not exercised, if there is one.
    pub(crate) excuse: &'t dyn Fn(&str, Verdict) -> Option<String>,
    /// The command that shows a rule's finding in a scenario again.
    pub(crate) replay: &'t dyn Fn(&str, Option<&str>) -> String,
}

impl Judging<'_> {
    /// Every rule's judgement of these events.
    pub(crate) fn judgements<'e>(
        &self,
        header: &Header,
        events: impl IntoIterator<Item = &'e Event>,
    ) -> Vec<Judgement> {
        rules::judge(header, events, &self.contract.commands(), self.requirements, self.rule)
    }

    /// A report of these judgements, with the scenarios that exercise each rule. Its list of scenarios is empty.
    pub(crate) fn report(
        &self,
        telling: &Telling<'_>,
        judged: Vec<Judgement>,
        mut exercised: BTreeMap<String, Vec<String>>,
        events: &[&Event],
    ) -> VendorReport {
        let report = |judgement: Judgement| {
            let scenarios = exercised.remove(&judgement.rule).unwrap_or_default();
            telling.rule(judgement, scenarios, events)
        };
        let rules: Vec<RuleReport> = judged.into_iter().map(report).collect();
        VendorReport {
            vendor: self.contract.vendor.clone(),
            contract: self.contract.digest.clone(),
            subject: telling.subject.to_owned(),
            changed: Vec::new(),
            notices: Vec::new(),
            scenarios: Vec::new(),
            events: events.len() as u64,
            without_outcome: Vec::new(),
            admin_calls: AdminCalls::default(),
            halted: None,
            property_tests: None,
            crashes: None,
            fleet: None,
            coverage: None,
            coverage_data: None,
            unconfirmed: Vec::new(),
            strict: false,
            summary: Summary::of(&rules),
            rules,
            snapshots: Vec::new(),
            transcripts: Vec::new(),
        }
    }
}

impl Telling<'_> {
    fn rule(&self, judgement: Judgement, scenarios: Vec<String>, events: &[&Event]) -> RuleReport {
        let rule = judgement.rule.as_str();
        let findings = judgement.findings.into_iter().map(|finding| FindingReport {
            steps: sequence(events, &finding.events),
            replay: (self.replay)(
                rule,
                finding.scenario.as_deref().filter(|_| is_of_one_scenario(events, &finding.events)),
            ),
            message: finding.message,
            scenario: finding.scenario,
            case: None,
            killed: None,
            came_again: None,
        });
        RuleReport {
            rule: rule.to_owned(),
            statement: rules::find(rule).map(|rule| rule.statement.to_owned()).unwrap_or_default(),
            verdict: judgement.verdict,
            level: judgement.level,
            promised: self.promised,
            note: judgement.note,
            exercised: judgement.exercised,
            in_cases: 0,
            scenarios,
            reason: judgement.reason,
            not_seen: judgement.not_seen,
            accepted: (self.excuse)(rule, judgement.verdict),
            requirements: judgement.requirements,
            findings: findings.collect(),
        }
    }
}

/// Whether a browser made a request for itself.
pub(crate) fn is_browsers(event: &Event) -> bool {
    matches!(&event.event, What::Request(request) if request.leg == Leg::BrowserToVendor)
}

/// Whether a vendor was called, or called its client. What a browser does for itself calls nobody.
pub(crate) fn is_call(event: &Event) -> bool {
    matches!(&event.event, What::Request(request) if request.vendor.is_some()) && !is_browsers(event)
}

/// A notice of the requests that browsers made for themselves, if there are any.
pub(crate) fn of_browsers(requests: u64) -> Option<String> {
    (requests > 0).then(|| format!("requests that browsers made for themselves, and so were not judged: {requests}"))
}

/// Whether no scenario began between the first and the last of the events that prove a finding. Else it takes the earlier
/// scenarios to find it again.
fn is_of_one_scenario(events: &[&Event], proof: &[u64]) -> bool {
    let (Some(first), Some(last)) = (proof.first(), proof.last()) else { return true };
    let begins = |event: &&&Event| matches!(event.event, What::Scenario { .. });
    !events.iter().filter(begins).any(|event| (*first..*last).contains(&event.seq))
}
