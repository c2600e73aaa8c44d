//! A failure as the report tells it: the course in words, the events that prove it, and the command that plays it again.

use std::path::PathBuf;
use std::sync::Arc;

use standin_contracts::history::Event;

use super::offence::{Offence, Played};
use super::plan::KeepCourses;
use super::quarry::Quarry;
use super::regression::Regression;
use crate::report::{CourseReport, EndReport, FindingReport, Recurrence, Unkept, sequence};
use crate::run::Plan;

/// A course that fails, and how it came to be.
pub(super) struct Found<C> {
    pub(super) offence: Offence,
    pub(super) course: C,
    pub(super) seed: u64,
    pub(super) case: u64,
    /// How many steps the case had.
    pub(super) long: usize,
    pub(super) confirmed: Option<Recurrence>,
    /// One play of the course in which it failed.
    pub(super) played: Played,
    /// The file in which it was kept before.
    pub(super) file: Option<PathBuf>,
}

impl<C: Clone + std::fmt::Debug> Found<C> {
    /// The course for the report; it is kept as the plan says, if it fails each time.
    fn report<Q: Quarry<Course = C>>(&self, quarry: &Q) -> (CourseReport, String) {
        let plan = quarry.plan();
        let mut report = CourseReport {
            words: quarry.words(&self.course),
            seed: self.seed,
            case: self.case,
            shrunk_from: (Q::length(&self.course) < self.long).then_some(self.long),
            confirmed: self.confirmed,
            kept: self.file.as_ref().map(|file| file.display().to_string()),
            to_keep: None,
        };
        if report.kept.is_none() && self.confirmed.is_some() && !report.is_flaky() {
            self.keep(quarry, &mut report);
        }
        let replay = match &report.kept {
            Some(file) => format!("{} --regression {file}", plan.command),
            None => replay_of_case::<Q>(plan, self.offence.rule(), self.case),
        };
        (report, replay)
    }

    fn keep<Q: Quarry<Course = C>>(&self, quarry: &Q, report: &mut CourseReport) {
        let keep = &quarry.hunt().keep;
        let (KeepCourses::In(folder) | KeepCourses::Told(folder)) = keep else { return };
        let regression = Regression::of_case(folder, self.offence.clone(), self.course.clone(), self.seed, self.case);
        let file = regression.file.display().to_string();
        let content = quarry.kept(&regression);
        let written = matches!(keep, KeepCourses::In(_)) && regression.write(&content).is_ok();
        if written {
            report.kept = Some(file);
        } else {
            report.to_keep = Some(Unkept { file, content });
        }
    }

    /// The end of the subject in this course.
    pub(super) fn end<Q: Quarry<Course = C>>(&self, quarry: &Q) -> EndReport {
        let (course, replay) = self.report(quarry);
        EndReport { message: self.played.halt.clone().unwrap_or_default(), course, replay }
    }

    /// The finding of a rule in this course.
    pub(super) fn finding<Q: Quarry<Course = C>>(&self, quarry: &Q, rule: &str) -> Option<FindingReport> {
        let finding = self.played.judgement(rule)?.findings.first()?;
        let events: Vec<&Event> = self.played.events.iter().map(Arc::as_ref).collect();
        let (course, replay) = self.report(quarry);
        Some(FindingReport {
            message: finding.message.clone(),
            scenario: None,
            steps: sequence(&events, &finding.events),
            course: Some(course),
            killed: None,
            replay,
        })
    }
}

/// The command that plays a generated case again, and judges one rule if that is told.
pub(super) fn replay_of_case<Q: Quarry>(plan: &Plan, rule: Option<&str>, case: u64) -> String {
    let rule = rule.map(|rule| format!(" --rule {rule}")).unwrap_or_default();
    format!("{}{rule} {} {case} --seed {}", plan.command, Q::CASE, plan.seed)
}
