//! A failure as the report tells it: the course in words, the events that prove it, and the command that plays it again.

use std::path::PathBuf;
use std::sync::Arc;

use standin_contracts::history::Event;

use super::Hunted;
use super::bench::{Offence, Played};
use super::plan::KeepCourses;
use super::regression::Regression;
use super::step::Course;
use super::words::Names;
use crate::report::{CourseReport, EndReport, FindingReport, Recurrence, Unkept, sequence};
use crate::run::Plan;

/// A course that fails, and how it came to be.
pub(super) struct Found {
    pub(super) offence: Offence,
    pub(super) course: Course,
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

impl Found {
    /// The course for the report; it is kept as the plan says, if it fails each time.
    fn report(&self, hunted: Hunted<'_>) -> (CourseReport, String) {
        let (plan, names) = (hunted.plan, Names::of(&hunted.backend.config));
        let mut report = CourseReport {
            words: names.course(&self.course),
            seed: self.seed,
            case: self.case,
            shrunk_from: (self.course.steps.len() < self.long).then_some(self.long),
            confirmed: self.confirmed,
            kept: self.file.as_ref().map(|file| file.display().to_string()),
            to_keep: None,
        };
        if report.kept.is_none() && self.confirmed.is_some() && !report.is_flaky() {
            self.keep(plan, &names, &mut report);
        }
        let replay = match &report.kept {
            Some(file) => format!("{} --regression {file}", plan.command),
            None => replay_of_case(plan, &self.offence, self.case),
        };
        (report, replay)
    }

    fn keep(&self, plan: &Plan, names: &Names, report: &mut CourseReport) {
        let (KeepCourses::In(folder) | KeepCourses::Told(folder)) = &plan.hunt.keep else { return };
        let regression = Regression::of_case(folder, self.offence.clone(), self.course.clone(), self.seed, self.case);
        let file = regression.file.display().to_string();
        let written = matches!(plan.hunt.keep, KeepCourses::In(_)) && regression.write(names).is_ok();
        if written {
            report.kept = Some(file);
        } else {
            report.to_keep = Some(Unkept { file, content: regression.text(names) });
        }
    }

    /// The end of the backend in this course.
    pub(super) fn end(&self, hunted: Hunted<'_>) -> EndReport {
        let (course, replay) = self.report(hunted);
        EndReport { message: self.played.halt.clone().unwrap_or_default(), course, replay }
    }

    /// The finding of a rule in this course.
    pub(super) fn finding(&self, hunted: Hunted<'_>, rule: &str) -> Option<FindingReport> {
        let finding = self.played.judgement(rule)?.findings.first()?;
        let events: Vec<&Event> = self.played.events.iter().map(Arc::as_ref).collect();
        let (course, replay) = self.report(hunted);
        Some(FindingReport {
            message: finding.message.clone(),
            journey: None,
            steps: sequence(&events, &finding.events),
            course: Some(course),
            replay,
        })
    }
}

/// The command that plays a generated case again.
fn replay_of_case(plan: &Plan, offence: &Offence, case: u64) -> String {
    let rule = match offence {
        Offence::Rule(rule) => format!(" --rule {rule}"),
        _ => String::new(),
    };
    format!("{}{rule} --case {case} --seed {}", plan.command, plan.seed)
}
