//! Delivery faults: what can happen to messages on their way to a receiver.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::history::Delivered;
use standin_contracts::protocol::{Millis, Timestamp};

use super::Outbox;

/// The most times that a delivery fault delivers a batch.
const MOST_COPIES: u32 = 100;

/// A delivery fault, applied to the messages that it is queued with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DeliveryFault {
    /// The messages are never delivered.
    Dropped {},
    /// The messages are delivered this many times, one delivery after another.
    Duplicated {
        /// The number of deliveries, at most 100.
        times: u32,
    },
    /// The messages are delivered one by one, the last first.
    Reordered {},
    /// The messages are delivered later than scheduled.
    Delayed {
        /// The delay in sandbox time, such as `30s`.
        by: Millis,
    },
    /// The messages are delivered this many times at once.
    Concurrent {
        /// The number of deliveries, at most 100.
        times: u32,
    },
}

impl DeliveryFault {
    /// Adds the messages to the outbox as the fault changes their delivery.
    pub(super) fn queue(self, outbox: &mut Outbox, now: Timestamp, messages: Vec<(Delivered, u64)>) {
        let mut messages: Vec<Delivered> = messages.into_iter().map(|(message, _)| message).collect();
        let due = now.after(outbox.schedule.batch_interval);
        match self {
            Self::Dropped {} => {}
            Self::Duplicated { times } => {
                outbox.begin_all(due, messages, |batch| batch.again = times.min(MOST_COPIES).saturating_sub(1));
            }
            Self::Reordered {} => {
                messages.reverse();
                for (place, message) in (0..).zip(messages) {
                    outbox.begin(due.after(Millis::new(place)), vec![message]);
                }
            }
            Self::Delayed { by } => outbox.begin_all(due.after(by), messages, |_| {}),
            Self::Concurrent { times } => {
                outbox.begin_all(due, messages, |batch| batch.copies = times.clamp(1, MOST_COPIES));
            }
        }
    }
}

impl fmt::Display for DeliveryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped {} => f.write_str("dropped"),
            Self::Duplicated { times } => write!(f, "delivered {times} times"),
            Self::Reordered {} => f.write_str("delivered the last first"),
            Self::Delayed { by } => write!(f, "delayed by {by}"),
            Self::Concurrent { times } => write!(f, "delivered {times} times at once"),
        }
    }
}
