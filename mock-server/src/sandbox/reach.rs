//! What clients have reached of the vendors of a sandbox: for whoever asks what a run has covered.

use std::collections::BTreeMap;

use standin_contracts::protocol::{CommandName, ReplyName};

use crate::engine::Turn;

/// What was reached, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// The turns that the vendors' states took.
    pub turns: BTreeMap<Turn, u64>,
    /// What was answered, by the vendors or by faults in their place.
    pub replies: BTreeMap<(CommandName, ReplyName), u64>,
    /// The faults that were met, by their kind.
    pub faults: BTreeMap<(CommandName, &'static str), u64>,
}

impl Reach {
    /// Adds what was reached elsewhere.
    pub fn add(&mut self, other: &Self) {
        add(&mut self.turns, &other.turns);
        add(&mut self.replies, &other.replies);
        add(&mut self.faults, &other.faults);
    }

    pub(super) fn note_turn(&mut self, turn: Turn) {
        *self.replies.entry((turn.command, turn.reply)).or_default() += 1;
        *self.turns.entry(turn).or_default() += 1;
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
