//! Waiting for sandbox time, never with the lock held, and the exchanges that a fault keeps waiting.

use standin_contracts::protocol::Timestamp;

use super::Sandbox;
use crate::clock::Remaining;
use crate::fault::{Act, FaultId, Fired};

/// The way in which a fault keeps an exchange waiting, while the fault is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parked {
    /// Until the fault is released or cleared, or the client disconnects. No answer is ever sent.
    ForGood,
    /// Until this fault is released.
    Held(FaultId),
    /// Until this sandbox time. The answer is then sent.
    Until(Timestamp),
    /// Until this sandbox time, when the next byte of the answer is sent.
    Dripping {
        /// The sandbox time of the next byte.
        next: Timestamp,
        /// The number of bytes sent so far.
        sent: u64,
    },
}

impl Parked {
    /// The way in which the fault that fired keeps its exchange waiting. None if it does not.
    pub(super) fn by(fired: &Fired, now: Timestamp) -> Option<Self> {
        match &fired.act {
            Act::BlackHole => Some(Self::ForGood),
            Act::Hold(_) => Some(Self::Held(fired.id)),
            Act::Delay(span) => Some(Self::Until(now.after(*span))),
            _ => None,
        }
    }
}

impl Sandbox {
    /// Waits until sandbox time reaches the moment, either because the clock runs or because it is advanced.
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

    /// The sandbox time at which the next delayed answer, or the next byte of a dripping one, is sent. None if there is
    /// none.
    pub fn next_release(&self) -> Option<Timestamp> {
        let state = self.inner.state.lock();
        let moments = state.parked.values().filter_map(|parked| match parked {
            Parked::ForGood | Parked::Held(_) => None,
            Parked::Until(moment) | Parked::Dripping { next: moment, .. } => Some(*moment),
        });
        moments.min()
    }

    /// The way in which an exchange is kept waiting. None if its answer is not held back.
    pub fn parked(&self, exchange: u64) -> Option<Parked> {
        self.inner.state.lock().parked.get(&exchange).copied()
    }
}
