//! The hunt: case after case is generated, played and judged, and what fails is confirmed and shrunk.

use std::collections::BTreeSet;

use standin_contracts::rules::Verdict;
use standin_mock_server::ClockStart;
use standin_mock_server::clock::Clock;

use super::confirm::confirm;
use super::found::Found;
use super::offence::{Offence, Played};
use super::quarry::Quarry;
use super::shrink::Patience;
use super::tally::Tally;
use crate::report::{CasesReport, EndReport, FindingReport, HuntReport, VendorReport};
use crate::run::{Progress, RunError};

/// How much real time all shrinking of one hunt may take, in microseconds.
const SHRINKING: u64 = 60_000_000;
/// How often progress is told, in microseconds.
const TELL_EVERY: u64 = 100_000;

struct Hunt<'q, Q> {
    quarry: &'q mut Q,
    clock: Clock,
    tally: Tally,
    found: BTreeSet<Offence>,
    /// What is left for shrinking, in microseconds.
    patience: u64,
    steps: u64,
    findings: Vec<(String, FindingReport)>,
    ended: Option<EndReport>,
}

/// Plays as many cases as the plan asks for, and adds what comes of them to the report.
pub(crate) async fn hunt<Q: Quarry>(
    quarry: &mut Q,
    report: &mut VendorReport,
    progress: Progress<'_>,
) -> Result<(), RunError> {
    let Some(most) = quarry.hunt().most_cases().filter(|_| report.halted.is_none()) else { return Ok(()) };
    let mut hunt = Hunt::new(quarry);
    let mut told = 0;
    let mut cases = 0;
    while cases < most && hunt.ended.is_none() && hunt.is_in_time() {
        let next = (cases + hunt.quarry.at_a_time()).min(most);
        hunt.cases(cases + 1..=next).await?;
        cases = next;
        if hunt.clock.mono_us() >= told {
            told = hunt.clock.mono_us() + TELL_EVERY;
            progress(&hunt.words(cases));
        }
    }
    hunt.quarry.strike().await;
    hunt.tell(cases, report);
    Ok(())
}

impl<'q, Q: Quarry> Hunt<'q, Q> {
    fn new(quarry: &'q mut Q) -> Self {
        Self {
            quarry,
            clock: Clock::new(ClockStart::Real),
            tally: Tally::default(),
            found: BTreeSet::new(),
            patience: SHRINKING,
            steps: 0,
            findings: Vec::new(),
            ended: None,
        }
    }

    fn is_in_time(&self) -> bool {
        self.quarry.hunt().budget.is_none_or(|budget| self.clock.mono_us() < budget.get() * 1000)
    }

    fn words(&self, cases: u64) -> String {
        let of = self.quarry.hunt().cases.map(|cases| format!(" of {cases}")).unwrap_or_default();
        let seconds = self.clock.mono_us() / 1_000_000;
        format!("case {cases}{of}, {seconds}s, {}", self.tally.words())
    }

    async fn cases(&mut self, cases: std::ops::RangeInclusive<u64>) -> Result<(), RunError> {
        let mut courses = Vec::new();
        for case in cases.clone() {
            courses.push((format!("case-{case}"), self.quarry.course(case)?));
        }
        let played = self.quarry.play_all(&courses).await?;
        for ((case, (_, course)), played) in cases.zip(courses).zip(played) {
            self.case(case, course, played).await?;
        }
        Ok(())
    }

    async fn case(&mut self, case: u64, course: Q::Course, played: Played) -> Result<(), RunError> {
        self.steps += Q::length(&course) as u64;
        self.tally.add(&played.judgements);
        self.note_warnings(case, &course, &played);
        let offences = played.offences(self.rule().as_deref());
        let mut played = Some(played);
        for offence in offences {
            if self.found.insert(offence.clone()) {
                // A course that does two wrong things is played again for the second.
                let seen = match played.take() {
                    Some(played) => played,
                    None => self.quarry.play_afresh("confirm", &course).await?,
                };
                let found = self.pursue(case, &course, offence, seen).await?;
                self.keep(found);
            }
        }
        Ok(())
    }

    /// The one rule that is asked for, if one is.
    fn rule(&self) -> Option<String> {
        self.quarry.plan().rule.clone()
    }

    /// Confirms a failure and, if it comes again each time, shrinks it.
    async fn pursue(
        &mut self,
        case: u64,
        course: &Q::Course,
        offence: Offence,
        seen: Played,
    ) -> Result<Found<Q::Course>, RunError> {
        let first = confirm(self.quarry, course, &offence).await?;
        let (sure, confirmed) = (first.is_sure(), Some(first.seen));
        let (seed, long) = (self.quarry.plan().seed, Q::length(course));
        let played = first.last.unwrap_or(seen);
        let whole = Found { offence, course: course.clone(), seed, case, long, confirmed, played, file: None };
        if !sure {
            return Ok(whole);
        }
        // Quickly first, on one subject. If that takes nothing away, since the backend remembers what was before, or if what
        // it leaves was owed to that, once more with a new one for each.
        for afresh in [false, true] {
            let shorter = self.shrunk(case, &whole.offence, afresh).await?;
            if !afresh && shorter == whole.course {
                continue;
            }
            let again = confirm(self.quarry, &shorter, &whole.offence).await?;
            if let (true, Some(played)) = (again.is_sure(), again.last) {
                return Ok(Found { course: shorter, confirmed: Some(again.seen), played, ..whole });
            }
        }
        Ok(whole)
    }

    async fn shrunk(&mut self, case: u64, offence: &Offence, afresh: bool) -> Result<Q::Course, RunError> {
        let began = self.clock.mono_us();
        let patience = Patience { clock: self.clock.clone(), until: began + self.patience };
        let shorter = self.quarry.shrunk(case, offence, &patience, afresh).await?;
        self.patience = self.patience.saturating_sub(self.clock.mono_us() - began);
        Ok(shorter)
    }

    fn keep(&mut self, found: Found<Q::Course>) {
        match &found.offence {
            Offence::Rule(rule) => {
                self.findings.extend(found.finding(&*self.quarry, rule).map(|finding| (rule.clone(), finding)));
            }
            Offence::Ended | Offence::Silent => {
                self.ended = Some(found.end(&*self.quarry));
            }
        }
    }

    /// What should not be is told once, as it was seen.
    fn note_warnings(&mut self, case: u64, course: &Q::Course, played: &Played) {
        let offences = played.offences(self.rule().as_deref());
        for judgement in played.judgements.iter().filter(|one| one.verdict == Verdict::Failed) {
            let offence = Offence::Rule(judgement.rule.clone());
            if offences.contains(&offence) || !self.found.insert(offence.clone()) {
                continue;
            }
            let played = played.clone();
            let (course, long) = (course.clone(), Q::length(course));
            let seed = self.quarry.plan().seed;
            self.keep(Found { offence, course, seed, case, long, confirmed: None, played, file: None });
        }
    }

    fn tell(self, cases: u64, report: &mut VendorReport) {
        let took_ms = self.clock.mono_us() / 1000;
        let exercised = self.tally.report();
        report.see_in_cases(&exercised);
        report.add_findings(self.findings);
        let hunt = report.hunt.get_or_insert_with(HuntReport::default);
        hunt.cases.push(CasesReport { of: Q::COURSES, cases, steps: self.steps, took_ms, exercised });
        report.end_in(self.ended);
    }
}
