//! One vendor's share of a sandbox, judged as it grows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use standin_contracts::contract::Contract;
use standin_contracts::history::{Event, Header, Share, What};
use standin_contracts::requirements::Requirements;
use standin_contracts::rules::{self, Finding, Judge, Judgement, NewFinding};

use crate::judging::{Judging, Telling};
use crate::report::{self, VendorReport, sequence};

/// One vendor's share, and its judge.
pub(super) struct VendorSession {
    /// Nothing if there is one vendor only: then everything is its share.
    share: Option<Share>,
    judge: Judge,
    /// What was found and isn't told yet, since an exchange of it is not over.
    waiting: Vec<NewFinding>,
    file: File,
}

/// What a vendor has seen and told.
struct File {
    sandbox: String,
    contract: Arc<Contract>,
    requirements: Requirements,
    events: Vec<Arc<Event>>,
    /// Each finding that was told: its rule and what makes it one.
    told: BTreeSet<(&'static str, String, Vec<u64>)>,
    is_called: bool,
}

impl VendorSession {
    /// A vendor's vendor; `alone` if no other is served.
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

    /// True if the vendor was spoken to, or spoke.
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

    /// Tells what was found, as far as its exchanges are over.
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

    /// Tells what can be found only now, and what was exercised.
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
        self.is_called |= matches!(&event.event, What::Request(request) if request.vendor.is_some());
        self.events.push(event);
    }

    /// True while an exchange that proves the finding is not over.
    fn is_open(&self, finding: &Finding, open: &BTreeSet<u64>) -> bool {
        let mut events = finding.events.iter().filter_map(|seq| self.event(*seq));
        events.any(|event| matches!(&event.event, What::Request(request) if open.contains(&request.exchange)))
    }

    fn event(&self, seq: u64) -> Option<&Event> {
        let place = self.events.binary_search_by_key(&seq, |event| event.seq).ok()?;
        self.events.get(place).map(Arc::as_ref)
    }

    /// Tells a finding, unless it was told before.
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

/// The findings of a judgement, each as if it had just been found.
fn new_findings(judgement: &Judgement) -> Vec<NewFinding> {
    let Ok(rule) = rules::find(&judgement.rule) else { return Vec::new() };
    let new_findings =
        |finding: &Finding| NewFinding { rule, level: judgement.level, note: judgement.note, finding: finding.clone() };
    judgement.findings.iter().map(new_findings).collect()
}
