//! What a device's user answered when an app asked for permissions.

use std::collections::BTreeMap;

use serde_json::Value;

use super::apps::{Start, commanded};
use super::timelines::InstallTimeline;
use crate::protocol::SdkCommandName;

/// True if something was denied when a start had ended.
pub(super) fn is_denied(timeline: &InstallTimeline<'_>, start: &Start<'_>) -> bool {
    let mut answers: BTreeMap<&str, bool> = BTreeMap::new();
    for grant in commanded(timeline, &[SdkCommandName::Grant]).filter(|told| told.seq < start.until) {
        let permissions = grant.call.arguments.get("permissions").and_then(Value::as_object);
        for (category, allowed) in permissions.into_iter().flatten() {
            answers.insert(category, allowed.as_bool().unwrap_or(true));
        }
    }
    answers.values().any(|allowed| !allowed)
}

/// True if an app asked in the course of a start, and nobody has ever answered.
pub(super) fn is_undecided(timeline: &InstallTimeline<'_>, start: &Start<'_>) -> bool {
    let asked = !start.made(timeline, &[SdkCommandName::AskPermissions]).is_empty();
    asked && !commanded(timeline, &[SdkCommandName::Grant]).any(|told| told.seq < start.until)
}
