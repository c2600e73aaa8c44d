//! Requests of the app while a fault is active at the vendor.

use std::sync::Arc;

use standin_contracts::history::{Event, Leg, What};
use standin_contracts::protocol::Millis;
use standin_mock_server::{Fault, FaultSpec};

use super::{AT_MOST, BackendHarness, EVERY_CALL, LARGEST_STOCK};
use crate::driver::{Ask, Halt};

/// The time that a vendor keeps a backend waiting beyond the timeout that the backend declares: longer than a backend on
/// a busy machine may be late, and shorter than its app waits.
const MARGIN: Millis = Millis::from_secs(4);

impl BackendHarness {
    /// Makes a request while a fault parks its vendor call. Once the call has come, runs `meanwhile` and then clears
    /// the fault. Does not wait for a backend that answers without a vendor call.
    pub async fn ask_while(
        &self,
        fault: FaultSpec,
        ask: Ask<'_>,
        meanwhile: impl Future<Output = Result<(), Halt>>,
    ) -> Result<(), Halt> {
        let before = self.last_seq();
        let frozen = self.time.stand_still();
        self.place(fault)?;
        let asking = self.ask(ask);
        tokio::pin!(asking);
        let early = tokio::select! {
            done = &mut asking => Some(done),
            () = self.vendor_called(before) => None,
        };
        if let Some(done) = early {
            self.sandbox.clear_faults();
            return done.map(drop);
        }
        let (asked, met) = tokio::join!(asking, async {
            let met = meanwhile.await;
            self.sandbox.clear_faults();
            drop(frozen);
            met
        });
        asked.map(drop).and(met)
    }

    /// Repeats a request until the next vendor call has met this fault. Gives up after a fixed number of requests.
    pub async fn ask_into(&self, fault: Fault, ask: Ask<'_>) -> Result<(), Halt> {
        self.place(FaultSpec::new(fault))?;
        for _ in 0..=LARGEST_STOCK {
            self.ask(ask).await?;
            if self.has_fired() {
                break;
            }
            self.pause().await;
        }
        self.sandbox.clear_faults();
        Ok(())
    }

    /// Repeats a request until a vendor call has met this fault, which meets every call. Clears the fault once the
    /// backend must have timed out.
    pub async fn ask_in_vain(&self, fault: Fault, ask: Ask<'_>) -> Result<(), Halt> {
        self.place(FaultSpec::new(fault).when(EVERY_CALL))?;
        for _ in 0..=LARGEST_STOCK {
            self.ask_impatiently(ask).await?;
            if self.has_fired() || self.sandbox.faults().is_empty() {
                break;
            }
        }
        self.sandbox.clear_faults();
        Ok(())
    }

    /// Makes a request, and clears all faults once the backend must have timed out.
    async fn ask_impatiently(&self, ask: Ask<'_>) -> Result<(), Halt> {
        let timeout = Millis::new(self.config.subject.vendor_timeout.get() + MARGIN.get());
        let asking = self.ask(ask);
        tokio::pin!(asking);
        // The request is polled first: before it is under way, nothing would keep virtual time from passing at once.
        let early = tokio::select! {
            biased;
            done = &mut asking => Some(done),
            () = self.time.pass(timeout) => None,
        };
        match early {
            Some(done) => done.map(drop),
            None => {
                self.sandbox.clear_faults();
                asking.await.map(drop)
            }
        }
    }

    /// Whether a fault has met a call.
    fn has_fired(&self) -> bool {
        self.sandbox.faults().iter().any(|fault| fault.fired > 0)
    }

    /// Waits until the backend calls the vendor, or for the time limit.
    async fn vendor_called(&self, after: u64) {
        let is_call =
            |event: &Arc<Event>| matches!(&event.event, What::Request(request) if request.leg == Leg::BackendToVendor);
        let mut changed = self.sandbox.changed();
        let waiting = async {
            while !self.sandbox.history_after(after, usize::MAX).iter().any(is_call) {
                if changed.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(AT_MOST, waiting).await;
    }
}
