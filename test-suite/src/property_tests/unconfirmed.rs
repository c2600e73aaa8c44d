//! Findings that were seen once and on no fresh subject again: warnings, each with the history that shows it.

use std::path::Path;
use std::sync::Arc;

use standin_contracts::history::{Event, Header, write_event, write_header};
use standin_contracts::rules;

use super::plan::KeepCases;
use crate::report::Recurrence;
use crate::run::Plan;

/// Whether a finding convicts: it came again at least once, or what a message holds is enough to see once.
pub(crate) fn convicts(rule: &str, seen: Recurrence) -> bool {
    seen.times > 0 || rules::find(rule).is_ok_and(|rule| rule.on_wire)
}

/// Keeps the history of an unconfirmed finding where the run keeps histories, or else beside the regressions. Returns its
/// path; `None` if the run writes no files.
pub(crate) fn keep_history(
    plan: &Plan,
    keep: &KeepCases,
    name: &str,
    header: &Header,
    events: &[Arc<Event>],
) -> Option<String> {
    let folder: &Path = match (&plan.history, keep) {
        (Some(folder), _) | (None, KeepCases::In(folder)) => folder,
        (None, KeepCases::Reported(_) | KeepCases::Nowhere) => return None,
    };
    let file = folder.join(format!("unconfirmed-{}.jsonl", name.replace(['/', ':'], "-")));
    let lines = std::iter::once(write_header(header)).chain(events.iter().map(|event| write_event(event)));
    let written =
        std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, lines.collect::<Vec<_>>().concat()));
    written.is_ok().then(|| file.display().to_string())
}
