//! Waiting for sandbox time, without ever holding the lock.

use standin_contracts::protocol::Timestamp;

use super::Sandbox;
use crate::clock::Remaining;

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
}
