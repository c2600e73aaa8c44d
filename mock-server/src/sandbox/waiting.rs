//! Waiting for sandbox time, without ever holding the lock; and what waits at the vendor's side.

use standin_contracts::protocol::Timestamp;

use super::Sandbox;
use crate::clock::Remaining;
use crate::fault::{Act, FaultId, Fired};

/// How an exchange is kept waiting by a fault, as long as nobody takes that away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parked {
    /// For good.
    ForGood,
    /// Until this fault is released.
    Passed(FaultId),
    /// Until sandbox time reaches this moment: then its answer leaves.
    Until(Timestamp),
    /// Until sandbox time reaches this moment, when one more byte of its answer leaves.
    Dripping {
        /// The moment.
        next: Timestamp,
        /// How many bytes have left.
        sent: u64,
    },
}

impl Parked {
    /// What a fault that meets a request now makes of it; nothing if it keeps no answer back.
    pub(super) fn by(fired: &Fired, now: Timestamp) -> Option<Self> {
        match &fired.act {
            Act::BlackHole => Some(Self::ForGood),
            Act::Hold(_) => Some(Self::Passed(fired.id)),
            Act::Delay(span) => Some(Self::Until(now.after(*span))),
            _ => None,
        }
    }
}

impl Sandbox {
    /// Waits until sandbox time reaches the moment: by the clock's own running, or because somebody moved it.
    pub async fn wait_until(&self, moment: Timestamp) {
        let mut ticked = self.inner.ticked.subscribe();
        loop {
            let remaining = self.inner.state.lock().clock.until(moment);
            match remaining {
                Remaining::Nothing => return,
                // The sender lives as long as the sandbox.
                Remaining::Stands => {
                    let _ = ticked.changed().await;
                }
                Remaining::Runs(real) => {
                    let _ = tokio::time::timeout(real, ticked.changed()).await;
                }
            }
        }
    }

    /// When the next of the answers leaves that only time keeps back, or a part of one.
    pub fn next_release(&self) -> Option<Timestamp> {
        let state = self.inner.state.lock();
        let moments = state.parked.values().filter_map(|parked| match parked {
            Parked::ForGood | Parked::Passed(_) => None,
            Parked::Until(moment) | Parked::Dripping { next: moment, .. } => Some(*moment),
        });
        moments.min()
    }

    /// How an exchange is kept waiting; nothing if its answer is on its way.
    pub fn parked(&self, exchange: u64) -> Option<Parked> {
        self.inner.state.lock().parked.get(&exchange).copied()
    }
}
