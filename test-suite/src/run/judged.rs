//! From the history of a run to its report.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_contracts::history::{Event, Header, Request, Response, Subject, What};
use standin_contracts::protocol::CommandName;
use standin_contracts::rules::{self, Judgement, Rule, Verdict};
use standin_mock_server::MockServer;

use super::Plan;
use super::play::ScenarioRun;
use crate::judging::{Judging, Telling};
use crate::report::{AdminCalls, FactReport, Summary, VendorReport};
use crate::sdk::{APP_SCENARIOS, SCENARIOS};
use crate::{exercise, outcome, snapshot};

/// For each rule the scenarios that exercise it. Scenarios of a backend build on one another; those of an SDK don't.
fn exercised(events: &[&Event], judge: impl Fn(&[&Event]) -> Vec<Judgement>) -> BTreeMap<String, Vec<String>> {
    let is_of_sdk = |name: &str| SCENARIOS.iter().chain(APP_SCENARIOS).any(|scenario| scenario.name == name);
    let begins = |event: &&Event| matches!(&event.event, What::Scenario { name } if is_of_sdk(name));
    let (of_backend, of_sdk) = events.split_at(events.iter().position(begins).unwrap_or(events.len()));
    let mut exercised = exercise::scenarios(of_backend, &judge);
    for (rule, scenarios) in exercise::scenarios_apart(of_sdk, &judge) {
        exercised.entry(rule).or_default().extend(scenarios);
    }
    exercised
}

impl Plan {
    pub(super) fn judge(&self, mock: &MockServer, changed: Vec<FactReport>, played: ScenarioRun) -> VendorReport {
        let sandbox = mock.sandbox();
        let kept = sandbox.history_after(0, usize::MAX);
        let events: Vec<&Event> = kept.iter().map(Arc::as_ref).collect();
        let header = sandbox.header();
        let judge = |events: &[&Event]| self.judgements(&header, events.iter().copied());
        let exercised = exercised(&events, judge);
        let vendor = &self.contract.vendor;
        let transcripts = if self.snapshots { snapshot::transcripts(vendor, &events) } else { Vec::new() };
        let mut report = self.report(changed, judge(&events), exercised, &events);
        if header.subjects().contains(&Subject::App) {
            self.promise_of_app(&mut report);
        }
        VendorReport {
            scenarios: played.scenarios,
            without_outcome: self.without_outcome(&events).into_iter().chain(self.without_sign_in(&events)).collect(),
            halted: played.halted.map(|halt| sandbox.redact(&halt.to_string())),
            transcripts,
            ..report
        }
    }

    /// Every rule's judgement of these events.
    pub(crate) fn judgements<'e>(
        &self,
        header: &Header,
        events: impl IntoIterator<Item = &'e Event>,
    ) -> Vec<Judgement> {
        self.judging().judgements(header, events)
    }

    /// A report of these judgements. Its list of scenarios is empty.
    pub(crate) fn report(
        &self,
        changed: Vec<FactReport>,
        judged: Vec<Judgement>,
        exercised: BTreeMap<String, Vec<String>>,
        events: &[&Event],
    ) -> VendorReport {
        let telling = Telling {
            subject: &self.name(),
            promised: true,
            excuse: &|rule, verdict| self.excuse(rule, verdict),
            replay: &|rule, scenario| self.replay(rule, scenario),
        };
        let admin_calls = AdminCalls::of(events.iter().copied());
        VendorReport { changed, admin_calls, ..self.judging().report(&telling, judged, exercised, events) }
    }

    /// Marks the rules about apps as required for an app under test. Where the vendor issues credentials, the client
    /// backend alone gives the user's id, so the rules about it are not required of the app.
    fn promise_of_app(&self, report: &mut VendorReport) {
        let gives_ids = !self.contract.has(CommandName::IssueCredential);
        let is_promised = |rule: &Rule| {
            rule.subjects.contains(&Subject::App) && (gives_ids || !rule.subjects.contains(&Subject::ClientBackend))
        };
        for rule in &mut report.rules {
            rule.promised = rules::find(&rule.rule).is_ok_and(is_promised);
        }
        report.summary = Summary::of(&report.rules);
    }

    fn judging(&self) -> Judging<'_> {
        Judging { contract: &self.contract, requirements: &self.requirements, rule: self.rule.as_deref() }
    }

    /// The names of the subjects under test.
    fn name(&self) -> String {
        let backend = self.backend.as_ref().map(|backend| backend.config.subject.name.as_str());
        let names: Vec<&str> = backend.into_iter().chain(self.sdk.as_ref().map(|sdk| sdk.name.as_str())).collect();
        names.join(" and ")
    }

    /// The accepted reason for a rule that was not exercised, if there is one. A rule that needs `--slow` is accepted
    /// without it, and exercising it all the same is not stale.
    fn excuse(&self, name: &str, verdict: Verdict) -> Option<String> {
        let is_not_exercised = matches!(verdict, Verdict::NotExercised | Verdict::NotTestable);
        let is_slow = rules::find(name).is_ok_and(|rule| rule.slow);
        self.accepted.get(name).filter(|_| is_not_exercised || !(self.slow && is_slow)).cloned()
    }

    fn replay(&self, rule: &str, scenario: Option<&str>) -> String {
        let scenario = scenario.map(|name| format!(" --scenario {name}")).unwrap_or_default();
        format!("{} --rule {rule}{scenario} --seed {}", self.command, self.seed)
    }

    /// That no SDK ever signed in, where the vendor has users to create: then whatever rests on a session was not
    /// exercised. Nothing for a single scenario, and nothing if only a backend is under test and nobody tried.
    fn without_sign_in(&self, events: &[&Event]) -> Option<String> {
        if self.scenario.is_some() || !self.contract.has(CommandName::CreateUser) {
            return None;
        }
        let is_create =
            |request: &&Request| request.step.as_ref().is_some_and(|step| step.command == CommandName::CreateUser);
        let requests = events.iter().filter_map(|event| match &event.event {
            What::Request(request) => Some(&**request),
            _ => None,
        });
        let asked: Vec<u64> = requests.filter(is_create).map(|request| request.exchange).collect();
        let mut answers = events.iter().filter_map(|event| match &event.event {
            What::Response(response) if asked.contains(&response.exchange) => Some(response),
            _ => None,
        });
        if asked.is_empty() {
            return self.sdk.as_ref().map(|_| "the SDK never asked the vendor for its user".to_owned());
        }
        let first = answers.next()?;
        let is_done = |response: &Response| response.reply.is_some_and(|reply| !reply.is_refusal());
        if is_done(first) || answers.any(|response| is_done(response)) {
            return None;
        }
        let reply = first.reply.map(|reply| format!(" {reply}")).unwrap_or_default();
        let times = asked.len();
        Some(format!(
            "no SDK ever signed in: each of {times} requests was refused, the first with {}{reply}",
            first.status
        ))
    }

    /// The calls that never had an outcome although the vendor had no fault: then nothing after them was exercised
    /// either. Empty for a single scenario, which need not show one.
    fn without_outcome(&self, events: &[&Event]) -> Vec<String> {
        let Some(backend) = self.backend.as_ref().filter(|_| self.scenario.is_none()) else { return Vec::new() };
        // A call that has a user erased has no outcome.
        let wishes = backend.config.calls.list().filter(|(name, _)| *name != "erase");
        wishes
            .filter_map(|(name, call)| outcome::never_seen(name, call.outcome.pointer().unwrap_or_default(), events))
            .collect()
    }
}
