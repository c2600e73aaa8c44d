//! Property-based tests: cases are generated, played and judged; a failure is confirmed and shrunk.

use std::collections::BTreeSet;

use standin_contracts::protocol::Millis;
use standin_contracts::rules::Verdict;
use standin_mock_server::clock::Stopwatch;

use super::confirm::confirm;
use super::counts::ExerciseCounts;
use super::failing_case::FailingCase;
use super::offence::{CaseResult, Offence};
use super::shrink::ShrinkBudget;
use super::subject::Subject;
use crate::report::{CasesReport, EndReport, FindingReport, PropertyTestReport, UnconfirmedReport, VendorReport};
use crate::run::{Progress, RunError};

/// The real time that all shrinking of one run may take.
const SHRINKING: Millis = Millis::from_secs(60);
/// How often a rule may be found without being confirmed before later findings of it are left.
const DOUBTS: usize = 3;
/// The pause between two progress messages.
const TELL_EVERY: Millis = Millis::new(100);

struct PropertyTests<'q, Q> {
    subject: &'q mut Q,
    clock: Stopwatch,
    counts: ExerciseCounts,
    found: BTreeSet<Offence>,
    /// What came once and on no fresh subject again.
    unconfirmed: Vec<UnconfirmedReport>,
    /// The remaining time for shrinking.
    timeout: Millis,
    steps: u64,
    findings: Vec<(String, FindingReport)>,
    ended: Option<EndReport>,
}

/// Plays as many cases as the plan asks for, and adds their results to the report.
pub(crate) async fn generate<Q: Subject>(
    subject: &mut Q,
    report: &mut VendorReport,
    progress: Progress<'_>,
) -> Result<(), RunError> {
    let Some(most) = subject.tests().most_cases().filter(|_| report.halted.is_none()) else { return Ok(()) };
    let mut generate = PropertyTests::new(subject);
    let mut told = Millis::new(0);
    let mut cases = 0;
    while cases < most && generate.ended.is_none() && generate.is_in_time() {
        let next = (cases + generate.subject.at_a_time()).min(most);
        generate.cases(cases + 1..=next).await?;
        cases = next;
        if generate.clock.elapsed() >= told {
            told = Millis::new(generate.clock.elapsed().get() + TELL_EVERY.get());
            progress(&generate.words(cases));
        }
    }
    generate.subject.tear_down().await;
    generate.tell(cases, report);
    Ok(())
}

impl<'q, Q: Subject> PropertyTests<'q, Q> {
    fn new(subject: &'q mut Q) -> Self {
        Self {
            subject,
            clock: Stopwatch::start(),
            counts: ExerciseCounts::default(),
            found: BTreeSet::new(),
            unconfirmed: Vec::new(),
            timeout: SHRINKING,
            steps: 0,
            findings: Vec::new(),
            ended: None,
        }
    }

    fn is_in_time(&self) -> bool {
        self.subject.tests().budget.is_none_or(|budget| self.clock.elapsed() < budget)
    }

    fn words(&self, cases: u64) -> String {
        let of = self.subject.tests().cases.map(|cases| format!(" of {cases}")).unwrap_or_default();
        let seconds = self.clock.elapsed().get() / 1000;
        format!("case {cases}{of}, {seconds}s, {}", self.counts.words())
    }

    async fn cases(&mut self, numbers: std::ops::RangeInclusive<u64>) -> Result<(), RunError> {
        let mut cases = Vec::new();
        for number in numbers.clone() {
            cases.push((format!("case-{number}"), self.subject.case(number)?));
        }
        let played = self.subject.play_all(&cases).await?;
        for ((number, (_, case)), played) in numbers.zip(cases).zip(played) {
            self.settle(number, case, played).await?;
        }
        Ok(())
    }

    async fn settle(&mut self, number: u64, case: Q::Case, played: CaseResult) -> Result<(), RunError> {
        self.steps += Q::length(&case) as u64;
        self.counts.add(&played.judgements, &played.events);
        self.note_warnings(number, &case, &played);
        let offences = played.offences(self.rule().as_deref());
        let mut played = Some(played);
        for offence in offences {
            if self.found.insert(offence.clone()) {
                // A case with two offences is played again for the second.
                let seen = match played.take() {
                    Some(played) => played,
                    None => self.subject.play_afresh("confirm", &case).await?,
                };
                let found = self.pursue(number, &case, offence, seen).await?;
                self.keep(found);
            }
        }
        Ok(())
    }

    /// The only rule to judge by; `None` for all.
    fn rule(&self) -> Option<String> {
        self.subject.plan().rule.clone()
    }

    /// Confirms a failure and, if it recurs each time, shrinks it.
    async fn pursue(
        &mut self,
        number: u64,
        case: &Q::Case,
        offence: Offence,
        seen: CaseResult,
    ) -> Result<FailingCase<Q::Case>, RunError> {
        let first = confirm(self.subject, case, &offence).await?;
        let (sure, confirmed) = (first.is_sure(), Some(first.seen));
        let (seed, long) = (self.subject.plan().seed, Q::length(case));
        let played = first.last.unwrap_or(seen);
        let whole = FailingCase { offence, case: case.clone(), seed, number, long, confirmed, played, file: None };
        if !sure {
            return Ok(whole);
        }
        // First the fast way, on one running subject. That may remove nothing because the backend remembers earlier
        // cases, or remove too much. Then each shorter case gets a fresh subject.
        for afresh in [false, true] {
            let shorter = self.shrunk(number, &whole.offence, afresh).await?;
            if !afresh && shorter == whole.case {
                continue;
            }
            let again = confirm(self.subject, &shorter, &whole.offence).await?;
            if let (true, Some(played)) = (again.is_sure(), again.last) {
                return Ok(FailingCase { case: shorter, confirmed: Some(again.seen), played, ..whole });
            }
        }
        Ok(whole)
    }

    async fn shrunk(&mut self, number: u64, offence: &Offence, afresh: bool) -> Result<Q::Case, RunError> {
        let budget = ShrinkBudget { clock: Stopwatch::start(), limit: self.timeout };
        let shorter = self.subject.shrunk(number, offence, &budget, afresh).await?;
        self.timeout = Millis::new(self.timeout.get().saturating_sub(budget.clock.elapsed().get()));
        Ok(shorter)
    }

    fn keep(&mut self, found: FailingCase<Q::Case>) {
        match &found.offence {
            Offence::Rule(rule) if !found.convicts(rule) => {
                self.unconfirmed.extend(found.unconfirmed(&*self.subject, rule));
                // A later case may show it each time.
                if self.unconfirmed.iter().filter(|one| one.rule == *rule).count() < DOUBTS {
                    self.found.remove(&found.offence);
                }
            }
            Offence::Rule(rule) => {
                self.findings.extend(found.finding(&*self.subject, rule).map(|finding| (rule.clone(), finding)));
            }
            Offence::Ended | Offence::Silent => {
                self.ended = Some(found.end(&*self.subject));
            }
        }
    }

    /// Records each failed `SHOULD` rule once, without confirming or shrinking it.
    fn note_warnings(&mut self, number: u64, case: &Q::Case, played: &CaseResult) {
        let offences = played.offences(self.rule().as_deref());
        for judgement in played.judgements.iter().filter(|one| one.verdict == Verdict::Failed) {
            let offence = Offence::Rule(judgement.rule.clone());
            if offences.contains(&offence) || !self.found.insert(offence.clone()) {
                continue;
            }
            let played = played.clone();
            let (case, long) = (case.clone(), Q::length(case));
            let seed = self.subject.plan().seed;
            self.keep(FailingCase { offence, case, seed, number, long, confirmed: None, played, file: None });
        }
    }

    fn tell(self, cases: u64, report: &mut VendorReport) {
        let took_ms = self.clock.elapsed().get();
        report.admin_calls.add(self.counts.admin_calls.clone());
        let exercised = self.counts.report();
        report.see_in_cases(&exercised);
        report.add_findings(self.findings);
        report.unconfirmed.extend(self.unconfirmed);
        let generate = report.property_tests.get_or_insert_with(PropertyTestReport::default);
        generate.cases.push(CasesReport { of: Q::CASES, cases, steps: self.steps, took_ms, exercised });
        report.end_in(self.ended);
    }
}
