//! The deliveries about one user between two probes, and their effect.

use std::collections::BTreeSet;

use serde_json::Value;

use super::deliveries::{Attempt, Deliveries, View};
use crate::history::Delivered;
use crate::protocol::Timestamp;

/// Two successive probes of one user.
#[derive(Debug)]
pub(super) struct Window<'d> {
    deliveries: &'d Deliveries,
    pub(super) user: &'d str,
    /// The events of the two probes.
    pub(super) looks: [u64; 2],
    before: Value,
    after: Value,
    /// The attempts between the probes that delivered something about the user.
    pub(super) attempts: Vec<&'d Attempt>,
    /// The place where the backend was killed between the probes, if it was.
    pub(super) killed: Option<u64>,
}

impl<'d> Window<'d> {
    pub(super) fn new(
        deliveries: &'d Deliveries,
        user: &'d str,
        (from, before): (&'d View, &Value),
        (to, after): (&'d View, &Value),
    ) -> Self {
        let between = |seq: u64| from.asked < seq && seq < to.asked;
        let about = |attempt: &&Attempt| between(attempt.seq) && attempt.about(user).next().is_some();
        Self {
            deliveries,
            user,
            looks: [from.seq, to.seq],
            before: before.clone(),
            after: after.clone(),
            attempts: deliveries.attempts.iter().filter(about).collect(),
            killed: deliveries.kills.iter().copied().find(|seq| between(*seq)),
        }
    }

    /// Whether the second probe differs from the first.
    pub(super) fn has_changed(&self) -> bool {
        self.before != self.after
    }

    /// Whether something was delivered, all of it in conforming deliveries.
    pub(super) fn is_conforming(&self) -> bool {
        !self.attempts.is_empty() && self.attempts.iter().all(|attempt| attempt.is_valid() && !attempt.delivery.test)
    }

    /// Whether all messages had been accepted before.
    pub(super) fn is_known(&self) -> bool {
        self.messages().all(|message| self.was_taken(message))
    }

    /// Whether all messages are new and were accepted.
    pub(super) fn is_fresh(&self) -> bool {
        let taken: BTreeSet<&str> = self.taken().map(|message| message.id.as_str()).collect();
        self.messages().all(|message| !self.was_taken(message) && taken.contains(message.id.as_str()))
    }

    /// Whether conforming messages came once each, in the order in which they were made, and all were accepted.
    pub(super) fn is_plain(&self) -> bool {
        self.is_once() && self.is_in_order() && self.killed.is_none()
    }

    /// Whether conforming messages came once each, and all were accepted.
    pub(super) fn is_once(&self) -> bool {
        let ids: BTreeSet<&str> = self.messages().map(|message| message.id.as_str()).collect();
        self.is_conforming() && self.is_fresh() && ids.len() == self.messages().count()
    }

    /// Whether the messages first came in the order in which they were made.
    pub(super) fn is_in_order(&self) -> bool {
        let mut seen: Vec<u64> = Vec::new();
        for message in self.messages().filter(|message| !self.was_taken(message)) {
            if !seen.contains(&message.nth) {
                seen.push(message.nth);
            }
        }
        seen.is_sorted()
    }

    /// Whether another user's first probe was equal, and the same messages were delivered to it.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.user != other.user && self.before == other.before && self.delivered() == other.delivered()
    }

    pub(super) fn ends_like(&self, other: &Self) -> bool {
        self.after == other.after
    }

    /// All events that prove the window's result.
    pub(super) fn events(&self) -> Vec<u64> {
        self.looks.into_iter().chain(self.attempts.iter().flat_map(|attempt| attempt.events())).collect()
    }

    fn messages(&self) -> impl Iterator<Item = &'d Delivered> {
        self.attempts.iter().flat_map(|attempt| attempt.about(self.user))
    }

    fn taken(&self) -> impl Iterator<Item = &'d Delivered> {
        self.attempts.iter().filter(|attempt| attempt.is_taken()).flat_map(|attempt| attempt.about(self.user))
    }

    fn was_taken(&self, message: &Delivered) -> bool {
        self.deliveries.is_taken_before(&message.id, self.looks[0])
    }

    /// The distinct messages, without their order.
    fn delivered(&self) -> BTreeSet<(u64, &'d str, Timestamp)> {
        self.messages().map(|message| (message.nth, message.kind.as_str(), message.at)).collect()
    }
}
