//! The events of one vendor in a sandbox, judged as they arrive.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use standin_contracts::contract::Contract;
use standin_contracts::history::{Event, Header, Share, What};
use standin_contracts::requirements::Requirements;
use standin_contracts::rules::{self, Finding, Judge, Judgement, NewFinding};

use crate::judging::{Judging, Telling, is_call};
use crate::report::{self, VendorReport, sequence};

/// The events of one vendor, and their judge.
pub(super) struct VendorSession {
    /// `None` if the sandbox has only one vendor: every event is its own then.
    share: Option<Share>,
    judge: Judge,
    /// Findings that are not reported yet, because one of their exchanges is not over.
    waiting: Vec<NewFinding>,
    file: File,
}

/// The events of one vendor so far, and the findings reported from them.
struct File {
    sandbox: String,
    contract: Arc<Contract>,
    requirements: Requirements,
    events: Vec<Arc<Event>>,
    /// Every finding reported so far: its rule, and what makes it unique.
    told: BTreeSet<(&'static str, String, Vec<u64>)>,
    is_called: bool,
}

impl VendorSession {
    /// A session for one vendor; `alone` if the sandbox serves no other.
    pub(super) fn new(
        sandbox: &str,
        contract: Arc<Contract>,
        requirements: Requirements,
        alone: bool,
        header: &Header,
    ) -> Self {
        let judge = Judge::new(&header.share(&contract.vendor), &contract.commands(), &requirements, None);
        let share = (!alone).then(|| Share::of(&contract.vendor));
        let (events, told) = (Vec::new(), BTreeSet::new());
        let file = File { sandbox: sandbox.to_owned(), contract, requirements, events, told, is_called: false };
        Self { share, judge, waiting: Vec::new(), file }
    }

    pub(super) fn vendor(&self) -> &str {
        &self.file.contract.vendor
    }

    /// Whether the vendor was called, or called its client.
    pub(super) fn is_called(&self) -> bool {
        self.file.is_called
    }

    /// Judges an event; false if it belongs to another vendor.
    pub(super) fn observe(&mut self, event: &Arc<Event>) -> bool {
        let takes = self.share.as_mut().is_none_or(|share| share.takes(event));
        if takes {
            self.judge.observe(event);
            self.file.add(event.clone());
        }
        takes
    }

    /// Reports the findings whose exchanges are all over.
    pub(super) fn tell_new_findings(&mut self, open: &BTreeSet<u64>, tell: &dyn Fn(String)) {
        self.waiting.extend(self.judge.new_findings());
        let (waiting, over): (Vec<NewFinding>, Vec<NewFinding>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|new_findings| self.file.is_open(&new_findings.finding, open));
        self.waiting = waiting;
        for new_findings in &over {
            self.file.tell(new_findings, tell);
        }
    }

    /// Reports what can only be judged at the end, and what was exercised.
    pub(super) fn end(self, notices: &[String], tell: &dyn Fn(String)) {
        let Self { judge, mut file, .. } = self;
        let late: Vec<&str> = judge.judging_at_the_end().map(|rule| rule.name).collect();
        let judged = judge.finish();
        judged.iter().flat_map(new_findings).for_each(|new_findings| file.tell(&new_findings, tell));
        let report = VendorReport { notices: notices.to_vec(), ..file.report(judged) };
        tell(report::summary(&report, &late));
    }
}

impl File {
    fn add(&mut self, event: Arc<Event>) {
        self.is_called |= is_call(&event);
        self.events.push(event);
    }

    /// Whether an exchange that proves the finding is not over.
    fn is_open(&self, finding: &Finding, open: &BTreeSet<u64>) -> bool {
        let mut events = finding.events.iter().filter_map(|seq| self.event(*seq));
        events.any(|event| matches!(&event.event, What::Request(request) if open.contains(&request.exchange)))
    }

    fn event(&self, seq: u64) -> Option<&Event> {
        let place = self.events.binary_search_by_key(&seq, |event| event.seq).ok()?;
        self.events.get(place).map(Arc::as_ref)
    }

    /// Reports a finding, unless it was reported before.
    fn tell(&mut self, new_findings: &NewFinding, tell: &dyn Fn(String)) {
        if self.told.insert((
            new_findings.rule.name,
            new_findings.finding.message.clone(),
            new_findings.finding.events.clone(),
        )) {
            let place = format!("sandbox {}, {}", self.sandbox, self.contract.vendor);
            tell(report::finding(&place, new_findings, &sequence(&self.all(), &new_findings.finding.events)));
        }
    }

    fn report(&self, judged: Vec<Judgement>) -> VendorReport {
        let judging = Judging { contract: &self.contract, requirements: &self.requirements, rule: None };
        let subject = format!("sandbox {}", self.sandbox);
        let telling =
            Telling { subject: &subject, promised: false, excuse: &|_, _| None, replay: &|_, _| String::new() };
        judging.report(&telling, judged, BTreeMap::new(), &self.all())
    }

    fn all(&self) -> Vec<&Event> {
        self.events.iter().map(Arc::as_ref).collect()
    }
}

/// The findings of a judgement in the form of new findings.
fn new_findings(judgement: &Judgement) -> Vec<NewFinding> {
    let Ok(rule) = rules::find(&judgement.rule) else { return Vec::new() };
    let new_findings =
        |finding: &Finding| NewFinding { rule, level: judgement.level, note: judgement.note, finding: finding.clone() };
    judgement.findings.iter().map(new_findings).collect()
}
