//! What an SDK may submit: what the device's user allows, and what the vendor wants.

use std::collections::BTreeMap;

use serde_json::Value;

use super::timelines::InstallTimeline;
use crate::protocol::SdkCommandName;

/// Why a category of data may not be submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    Denied,
    /// The vendor's configuration turned it off.
    Off,
}

/// The categories that were closed at a place of the history, with the place where each was.
pub(crate) fn closed<'l>(timeline: &InstallTimeline<'l>, place: u64) -> BTreeMap<&'l str, (Closed, u64)> {
    let mut closed = BTreeMap::new();
    // The vendor's word comes first: what both closed is told of as denied.
    for (seq, fields) in heard(timeline).filter(|(seq, _)| *seq < place) {
        for (category, is_on) in fields {
            set(&mut closed, category, is_on, (Closed::Off, seq));
        }
    }
    for told in timeline.commands(&[SdkCommandName::Grant]) {
        let permissions = told.call.arguments.get("permissions").and_then(Value::as_object);
        for (category, allowed) in permissions.into_iter().flatten() {
            let Some(allowed) = allowed.as_bool() else { continue };
            // What is allowed may be submitted as soon as the SDK is told; what is denied is so once the SDK has taken it in.
            let since = if allowed { Some(told.seq) } else { told.done() };
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

/// What the vendor's answers said of categories, each with its place.
fn heard<'l>(timeline: &InstallTimeline<'l>) -> impl Iterator<Item = (u64, Switches<'l>)> {
    timeline.spoke.iter().filter_map(|exchange| {
        let (seq, answer) = exchange.delivered()?;
        let switch = |(name, value): (&'l String, &'l Value)| Some((name.strip_prefix("enabled.")?, value.as_bool()?));
        Some((seq, answer.fields.iter().filter_map(switch).collect()))
    })
}
