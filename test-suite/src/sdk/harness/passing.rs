//! How time passes in a harness, and how long it waits for events that it can't observe.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::FutureExt;
use serde_json::Map;
use standin_contracts::history::{Call, Event, Leg, Return, What};
use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};

use super::{AT_MOST, SdkHarness};
use crate::adapter::AdapterError;
use crate::driver::Halt;
use crate::sdk::device_handle::{DeviceHandle, MountedInstall};

/// How much later a concurrent request may arrive. An SDK that sends one at a time has none.
const BESIDE: Duration = Duration::from_millis(500);
/// How long a command may take in virtual time before the harness goes on without its result.
pub(in crate::sdk) const TIMEOUT: Millis = Millis::from_secs(3600);
/// The silence, in real time, after which nothing more is expected from an SDK that doesn't report.
const CALM: Duration = Duration::from_millis(100);
const TICK: Millis = Millis::new(1);
/// The number of timers in a row that may be due at once. An SDK that sets one after the other would keep time from
/// passing for ever.
const MOST_TICKS: usize = 2000;
/// How long an SDK has once no fault is left: several of its longest usual waits.
const SETTLED: Millis = Millis::from_secs(2 * 86_400);

impl SdkHarness {
    /// The number of the last event.
    pub(in crate::sdk) fn last_seq(&self) -> u64 {
        *self.sandbox.changed().borrow()
    }

    /// Waits until the vendor has received requests of this kind, or none can be expected any more. Batches of
    /// several categories may arrive concurrently: all that were sent have arrived afterwards.
    pub(in crate::sdk) async fn arrival(&self, after: u64, command: CommandName) {
        let most = if command == CommandName::SubmitBatch { self.categories().len() } else { 1 };
        if tokio::time::timeout(AT_MOST, self.arrivals(after, command, 1)).await.is_ok() {
            let _ = tokio::time::timeout(BESIDE, self.arrivals(after, command, most)).await;
        }
    }

    async fn arrivals(&self, after: u64, command: CommandName, many: usize) {
        let is_it = |event: &&Arc<Event>| match &event.event {
            What::Request(request) => request.step.as_ref().is_some_and(|step| step.command == command),
            _ => false,
        };
        let mut changed = self.sandbox.changed();
        while self.sandbox.history_after(after, usize::MAX).iter().filter(is_it).count() < many {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until the vendor has answered every request, or no answer can be expected any more.
    pub(in crate::sdk) async fn answered(&self) {
        let mut changed = self.sandbox.changed();
        let waiting = async {
            while self.sandbox.open_exchanges(Leg::SdkToVendor) > 0 {
                if changed.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(AT_MOST, waiting).await;
    }

    /// Lets time pass for vendor and SDKs together, from one timer to the next, never past one.
    pub async fn pass(&self, span: Millis) -> Result<(), Halt> {
        self.calm_backend().await;
        for mounted in self.awake() {
            DeviceHandle::new(self, mounted).before_commands(1).await?;
        }
        let waiting: Vec<u64> = self.awake().iter().map(|mounted| self.begin_wait(mounted.label(), span)).collect();
        self.go_on(span).await?;
        for call in waiting {
            self.sandbox.record_return(Return { call, success: true, reason: None, value: Map::new() });
        }
        Ok(())
    }

    /// Lets time pass, if the SDK's time can be moved.
    pub async fn pass_if_able(&self, span: Millis) -> Result<(), Halt> {
        if self.can(SdkCommandName::Advance) { self.pass(span).await } else { Ok(()) }
    }

    fn begin_wait(&self, install: &str, span: Millis) -> u64 {
        let arguments = Map::from_iter([("by_ms".to_owned(), span.get().into())]);
        self.sandbox.record_call(Call {
            call: 0,
            install: install.to_owned(),
            name: SdkCommandName::Advance,
            arguments,
            user: None,
            by_app: false,
        })
    }

    async fn go_on(&self, span: Millis) -> Result<(), Halt> {
        let end = self.sandbox.now().after(span);
        let mut ticks = Ticks::default();
        loop {
            self.quiesce().await?;
            let left = end.since(self.sandbox.now());
            if left == Millis::new(0) {
                return Ok(());
            }
            let step = self.next_step(left).await?;
            if self.step(step).await? {
                ticks.count(step)?;
            }
        }
    }

    /// The time to the next timer or the next delayed answer, `at_most` at the longest.
    pub(in crate::sdk) async fn next_step(&self, at_most: Millis) -> Result<Step, Halt> {
        let (now, starts) = (self.sandbox.now(), self.starts());
        let release = self.sandbox.next_release().map(|moment| moment.since(now));
        let mut span = release.map_or(at_most, |release| at_most.min(release.max(TICK)));
        for mounted in self.awake() {
            let timer = mounted.next_timer().await?;
            span = timer.map_or(span, |timer| span.min(timer.max(TICK)));
        }
        Ok(Step { span, releases: release.is_some(), starts })
    }

    /// Moves time on by one step, and returns whether it did. A delayed answer due by then meets an SDK whose clock is at
    /// most a little behind. While a process starts, and if one has started since the step was measured, time stands still:
    /// it has work to do at once, and nobody has asked it for its timers yet.
    pub(in crate::sdk) async fn step(&self, step: Step) -> Result<bool, Halt> {
        let mut span = step.span;
        if step.releases && span > TICK {
            self.tick(Millis::new(span.get() - TICK.get()), step.starts).await?;
            span = TICK;
        }
        self.tick(span, step.starts).await
    }

    async fn tick(&self, span: Millis, starts: u64) -> Result<bool, Halt> {
        if self.starts() != starts || self.starting.load(Ordering::Relaxed) > 0 {
            // Whoever waits for time gives the process that starts its turn.
            tokio::task::yield_now().await;
            return Ok(false);
        }
        self.sandbox.advance(span);
        for mounted in self.awake() {
            mounted.catch_up(self.sandbox.now()).await?;
        }
        Ok(true)
    }

    /// A process starts.
    pub(in crate::sdk) fn starting(&self) -> Starting<'_> {
        self.starting.fetch_add(1, Ordering::Relaxed);
        self.note_start();
        Starting(self)
    }

    fn note_start(&self) {
        self.process_starts.fetch_add(1, Ordering::Relaxed);
    }

    fn starts(&self) -> u64 {
        self.process_starts.load(Ordering::Relaxed)
    }

    /// Waits until every SDK has done what it can without time passing.
    pub async fn quiesce(&self) -> Result<(), Halt> {
        for mounted in self.awake() {
            mounted.quiesce().await?;
        }
        Ok(())
    }

    /// Ends all faults and lets time pass, until all outstanding work should be done.
    pub async fn settle(&self) -> Result<(), Halt> {
        self.sandbox.clear_faults();
        self.pass_if_able(SETTLED).await?;
        self.quiesce().await?;
        self.settle_backend().await
    }

    /// Stops time, or lets it pass again for work that waits for it.
    pub(in crate::sdk) fn stop_time(&self, stands: bool) {
        self.time_stands.store(stands, Ordering::Relaxed);
    }

    /// Whether time may be moved on for work that waits for it.
    pub(in crate::sdk) fn moves_time(&self) -> bool {
        self.can(SdkCommandName::Advance) && !self.time_stands.load(Ordering::Relaxed)
    }

    /// Waits until nothing happens any more unless time passes or a held request is released.
    pub(in crate::sdk) async fn rest(&self) {
        if self.setup.network.is_some() {
            // An SDK in this program reports when it is quiet. One that can't is no reason to wait.
            let _ = self.quiesce().await;
            return;
        }
        let mut changed = self.sandbox.changed();
        let calm = async { while let Ok(Ok(())) = tokio::time::timeout(CALM, changed.changed()).await {} };
        let _ = tokio::time::timeout(AT_MOST, calm).await;
    }

    /// Ends the exchanges of an install whose process has died, without waiting for its connections to close.
    pub(in crate::sdk) async fn abandon(&self, install: &str) {
        let mut changed = self.sandbox.changed();
        self.sandbox.abandon(install);
        let waiting = async {
            while self.sandbox.open_exchanges_of(install) > 0 {
                if changed.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(AT_MOST, waiting).await;
    }

    /// Moves time on until work is done that only time can complete; `None` if it never is. If the work is the start of a
    /// process, that process has started once it waits for time.
    pub(in crate::sdk) async fn finish<T>(
        &self,
        mut running: impl Future<Output = T> + Unpin,
        mut starting: Option<Starting<'_>>,
    ) -> Result<Option<T>, Halt> {
        let end = self.sandbox.now().after(TIMEOUT);
        let mut ticks = Ticks::default();
        loop {
            if let Ended::First(done) = alongside(&mut running, self.quiesce()).await? {
                return Ok(Some(done));
            }
            drop(starting.take());
            let left = end.since(self.sandbox.now());
            if left == Millis::new(0) || !self.moves_time() {
                return Ok(None);
            }
            let step = match alongside(&mut running, self.next_step(left)).await? {
                Ended::First(done) => return Ok(Some(done)),
                Ended::Second(step) => step,
            };
            match alongside(&mut running, self.step(step)).await? {
                Ended::First(done) => return Ok(Some(done)),
                Ended::Second(true) => ticks.count(step)?,
                Ended::Second(false) => {}
            }
        }
    }

    fn awake(&self) -> Vec<Arc<MountedInstall>> {
        self.mounted.lock().iter().filter(|mounted| mounted.is_awake()).cloned().collect()
    }
}

/// A process that starts, and has not been at rest since. Time stands still until this is dropped.
pub(in crate::sdk) struct Starting<'h>(&'h SdkHarness);

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        // Timers that were asked for before may be those of a process that was not there yet.
        self.0.note_start();
        self.0.starting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The result of the running work if it ended first, or else of the work beside it.
enum Ended<T, W> {
    First(T),
    Second(W),
}

/// Does some work to its end, beside work that is running.
async fn alongside<T, W>(
    mut running: impl Future<Output = T> + Unpin,
    work: impl Future<Output = Result<W, Halt>>,
) -> Result<Ended<T, W>, Halt> {
    tokio::pin!(work);
    tokio::select! {
        biased;
        done = &mut running => work.await.map(|_| Ended::First(done)),
        // This work may have been what the running work waited for.
        worked = &mut work => worked.map(|worked| (&mut running).now_or_never().map_or(Ended::Second(worked), Ended::First)),
    }
}

/// How far time moves at once.
#[derive(Debug, Clone, Copy)]
pub(in crate::sdk) struct Step {
    span: Millis,
    /// Whether a delayed answer may be released at its end.
    releases: bool,
    /// How many processes had started when it was measured.
    starts: u64,
}

/// The steps in a row that were as short as can be.
#[derive(Default)]
struct Ticks(usize);

impl Ticks {
    /// Counts a step. Fails where the SDK's timers keep time from passing.
    fn count(&mut self, step: Step) -> Result<(), Halt> {
        self.0 = if step.span > TICK { 0 } else { self.0 + 1 };
        if self.0 <= MOST_TICKS {
            return Ok(());
        }
        let why =
            format!("`next_timer_ms` was 0 or 1 more than {MOST_TICKS} times in a row; without a timer it is left out");
        Err(AdapterError::Broken(why).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_that_are_due_at_once_again_and_again_are_no_time() {
        let step = |millis| Step { span: Millis::new(millis), releases: false, starts: 0 };
        let mut ticks = Ticks::default();
        for _ in 0..2 {
            assert!((0..MOST_TICKS).all(|_| ticks.count(step(1)).is_ok()));
            assert!(ticks.count(step(2)).is_ok(), "time passed");
        }
        assert!((0..MOST_TICKS).all(|_| ticks.count(step(1)).is_ok()));
        assert!(ticks.count(step(1)).is_err());
    }
}
