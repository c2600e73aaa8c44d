//! Coverage: the parts of the vendors' behaviour that clients have exercised.

use std::collections::BTreeMap;

use standin_contracts::protocol::{CommandName, ReplyName};

use crate::engine::Transition;

/// Counts of what was covered in a sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The transitions of the vendors' states.
    pub transitions: BTreeMap<Transition, u64>,
    /// The replies of the vendors, or of faults in their place.
    pub replies: BTreeMap<(CommandName, ReplyName), u64>,
    /// The faults that fired, by their kind.
    pub faults: BTreeMap<(CommandName, &'static str), u64>,
}

impl Coverage {
    /// Adds the counts of another run or sandbox.
    pub fn add(&mut self, other: &Self) {
        add(&mut self.transitions, &other.transitions);
        add(&mut self.replies, &other.replies);
        add(&mut self.faults, &other.faults);
    }

    pub(super) fn note_transition(&mut self, transition: Transition) {
        *self.replies.entry((transition.command, transition.reply)).or_default() += 1;
        *self.transitions.entry(transition).or_default() += 1;
    }

    pub(super) fn note_fault(&mut self, command: CommandName, kind: &'static str, reply: Option<ReplyName>) {
        *self.faults.entry((command, kind)).or_default() += 1;
        if let Some(reply) = reply {
            *self.replies.entry((command, reply)).or_default() += 1;
        }
    }
}

fn add<K: Ord + Clone>(all: &mut BTreeMap<K, u64>, more: &BTreeMap<K, u64>) {
    for (key, times) in more {
        *all.entry(key.clone()).or_default() += times;
    }
}
