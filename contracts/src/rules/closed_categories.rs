//! The categories of data that an SDK may not submit, because the device's user or the vendor closed them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::timelines::InstallTimeline;
use crate::protocol::SdkCommandName;

/// The reason why a category of data may not be submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    Denied,
    /// The vendor's configuration turned it off.
    Off,
}

/// The categories that are closed at `place`, each with the place where it was closed.
pub(crate) fn closed<'l>(timeline: &InstallTimeline<'l>, place: u64) -> BTreeMap<&'l str, (Closed, u64)> {
    let mut closed = BTreeMap::new();
    // The vendor comes first, so a category that both closed is reported as denied.
    for (seq, fields) in heard(timeline).filter(|(seq, _)| *seq < place) {
        for (category, is_on) in fields {
            set(&mut closed, category, is_on, (Closed::Off, seq));
        }
    }
    for command in timeline.commands(&[SdkCommandName::Grant]) {
        let permissions = command.call.arguments.get("permissions").and_then(Value::as_object);
        for (category, allowed) in permissions.into_iter().flatten() {
            let Some(allowed) = allowed.as_bool() else { continue };
            // A permission counts from the moment the SDK is told, a denial only once the SDK has confirmed it.
            let since = if allowed { Some(command.seq) } else { command.done() };
            if let Some(since) = since.filter(|since| *since < place) {
                set(&mut closed, category, allowed, (Closed::Denied, since));
            }
        }
    }
    closed
}

fn set<'l>(closed: &mut BTreeMap<&'l str, (Closed, u64)>, category: &'l str, is_open: bool, why: (Closed, u64)) {
    let is_own = closed.get(category).is_none_or(|(kind, _)| *kind == why.0);
    if !is_open {
        closed.insert(category, why);
    } else if is_own {
        closed.remove(category);
    }
}

type Switches<'l> = Vec<(&'l str, bool)>;

/// The category switches in the vendor's answers, each with its place.
fn heard<'l>(timeline: &InstallTimeline<'l>) -> impl Iterator<Item = (u64, Switches<'l>)> {
    timeline.spoke.iter().filter_map(|exchange| {
        let (seq, answer) = exchange.delivered()?;
        let switch = |(name, value): (&'l String, &'l Value)| Some((name.strip_prefix("enabled.")?, value.as_bool()?));
        Some((seq, answer.fields.iter().filter_map(switch).collect()))
    })
}
