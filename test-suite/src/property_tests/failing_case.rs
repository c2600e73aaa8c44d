//! A failing case as the report shows it: its steps in words, the events that prove the failure, and the command that
//! plays it again.

use std::path::PathBuf;
use std::sync::Arc;

use standin_contracts::history::Event;

use super::offence::{CaseResult, Offence};
use super::plan::KeepCases;
use super::regression::Regression;
use super::subject::Subject;
use super::unconfirmed::{convicts, keep_history};
use crate::report::{CaseReport, EndReport, FindingReport, Recurrence, UnconfirmedReport, Unkept, sequence};
use crate::run::Plan;

/// A case that fails, and where it came from.
pub(super) struct FailingCase<C> {
    pub(super) offence: Offence,
    pub(super) case: C,
    pub(super) seed: u64,
    pub(super) number: u64,
    /// How many steps the generated case had before shrinking.
    pub(super) long: usize,
    pub(super) confirmed: Option<Recurrence>,
    /// One play of the case in which it failed.
    pub(super) played: CaseResult,
    /// The regression file that holds it already, if any.
    pub(super) file: Option<PathBuf>,
}

impl<C: Clone + std::fmt::Debug> FailingCase<C> {
    /// The case for the report, and its replay command. A case that fails each time is kept as the plan says.
    fn report<Q: Subject<Case = C>>(&self, subject: &Q) -> (CaseReport, String) {
        let plan = subject.plan();
        let mut report = CaseReport {
            words: subject.words(&self.case),
            seed: self.seed,
            number: self.number,
            shrunk_from: (Q::length(&self.case) < self.long).then_some(self.long),
            confirmed: self.confirmed,
            kept: self.file.as_ref().map(|file| file.display().to_string()),
            to_keep: None,
        };
        if report.kept.is_none() && self.confirmed.is_some() && !report.is_flaky() {
            self.keep(subject, &mut report);
        }
        let replay = match &report.kept {
            Some(file) => format!("{} --regression {file}", plan.command),
            None => replay_of_case(plan, self.offence.rule(), self.number),
        };
        (report, replay)
    }

    fn keep<Q: Subject<Case = C>>(&self, subject: &Q, report: &mut CaseReport) {
        let keep = &subject.tests().keep;
        let (KeepCases::In(folder) | KeepCases::Reported(folder)) = keep else { return };
        let regression = Regression::of_case(folder, self.offence.clone(), self.case.clone(), self.seed, self.number);
        let file = regression.file.display().to_string();
        let content = subject.kept(&regression);
        let written = matches!(keep, KeepCases::In(_)) && regression.write(&content).is_ok();
        if written {
            report.kept = Some(file);
        } else {
            report.to_keep = Some(Unkept { file, content });
        }
    }

    /// The end of the subject in this case, for the report.
    pub(super) fn end<Q: Subject<Case = C>>(&self, subject: &Q) -> EndReport {
        let (case, replay) = self.report(subject);
        EndReport { message: self.played.halt.clone().unwrap_or_default(), case, replay }
    }

    /// Whether the finding of a rule convicts, as far as it was tried again.
    pub(super) fn convicts(&self, rule: &str) -> bool {
        self.confirmed.is_none_or(|seen| convicts(rule, seen))
    }

    /// The finding of a rule in this case, as one that did not come again.
    pub(super) fn unconfirmed<Q: Subject<Case = C>>(&self, subject: &Q, rule: &str) -> Option<UnconfirmedReport> {
        let finding = self.finding(subject, rule)?;
        let name = format!("{rule}-case-{}-seed-{}", self.number, self.seed);
        let header = self.played.header.as_ref()?;
        let history = keep_history(subject.plan(), &subject.tests().keep, &name, header, &self.played.events);
        Some(UnconfirmedReport { rule: rule.to_owned(), finding, history })
    }

    /// The finding of a rule in this case.
    pub(super) fn finding<Q: Subject<Case = C>>(&self, subject: &Q, rule: &str) -> Option<FindingReport> {
        let finding = self.played.judgement(rule)?.findings.first()?;
        let events: Vec<&Event> = self.played.events.iter().map(Arc::as_ref).collect();
        let (case, replay) = self.report(subject);
        Some(FindingReport {
            message: finding.message.clone(),
            scenario: None,
            steps: sequence(&events, &finding.events),
            case: Some(case),
            killed: None,
            came_again: None,
            replay,
        })
    }
}

/// The command that plays a generated case again; with a rule, it judges that rule only.
pub(super) fn replay_of_case(plan: &Plan, rule: Option<&str>, number: u64) -> String {
    let rule = rule.map(|rule| format!(" --rule {rule}")).unwrap_or_default();
    format!("{}{rule} --case {number} --seed {}", plan.command, plan.seed)
}
