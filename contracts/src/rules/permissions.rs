//! The answers of a device's user to an app's requests for permissions.

use std::collections::BTreeMap;

use serde_json::Value;

use super::apps::{Start, commanded};
use super::timelines::InstallTimeline;
use crate::protocol::SdkCommandName;

/// Whether a permission is denied at the end of a start.
pub(super) fn is_denied(timeline: &InstallTimeline<'_>, start: &Start<'_>) -> bool {
    let mut answers: BTreeMap<&str, bool> = BTreeMap::new();
    for grant in commanded(timeline, &[SdkCommandName::Grant]).filter(|command| command.seq < start.until) {
        let permissions = grant.call.arguments.get("permissions").and_then(Value::as_object);
        for (category, allowed) in permissions.into_iter().flatten() {
            answers.insert(category, allowed.as_bool().unwrap_or(true));
        }
    }
    answers.values().any(|allowed| !allowed)
}

/// Whether the app asked during a start, and the user never answered before its end.
pub(super) fn is_undecided(timeline: &InstallTimeline<'_>, start: &Start<'_>) -> bool {
    let asked = !start.made(timeline, &[SdkCommandName::AskPermissions]).is_empty();
    asked && !commanded(timeline, &[SdkCommandName::Grant]).any(|command| command.seq < start.until)
}
