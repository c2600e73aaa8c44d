//! How time passes in a world, and how long the harness waits for what it can't see.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::FutureExt;
use serde_json::Map;
use standin_contracts::history::{Call, Event, Leg, Return, What};
use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};
use standin_mock_server::FaultId;

use super::{AT_MOST, SdkHarness};
use crate::driver::Halt;
use crate::sdk::device_handle::MountedInstall;

/// How long a request that was sent along with another may take longer: there is none where an SDK sends one at a time.
const BESIDE: Duration = Duration::from_millis(500);
/// How long a command may take of virtual time before the harness goes on without its answer.
pub(in crate::sdk) const TIMEOUT: Millis = Millis::from_secs(3600);
/// How long nothing may happen in real time until nothing is expected any more, where nobody tells.
const CALM: Duration = Duration::from_millis(100);
const TICK: Millis = Millis::new(1);
/// How long an SDK has, once nothing stands in its way any more: several of its longest usual waits.
const SETTLED: Millis = Millis::from_secs(2 * 86_400);

impl SdkHarness {
    /// The place of the last event.
    pub(in crate::sdk) fn last_seq(&self) -> u64 {
        *self.sandbox.changed().borrow()
    }

    /// Waits until the vendor has got requests of this kind, or nobody can expect any more. Batches of several categories may
    /// travel at once: those that were sent have arrived then, so that nothing of them can come as a surprise.
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

    /// Waits until the vendor has answered all that it was asked, or nobody can expect it any more.
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

    /// Lets time pass for vendor and SDKs alike, from one timer to the next, never over one.
    pub async fn pass(&self, span: Millis) -> Result<(), Halt> {
        self.calm_backend().await;
        let waiting: Vec<u64> = self.awake().iter().map(|mounted| self.begin_wait(mounted.label(), span)).collect();
        self.go_on(span).await?;
        for call in waiting {
            self.sandbox.record_return(Return { call, success: true, reason: None, value: Map::new() });
        }
        Ok(())
    }

    /// The same, if the SDK's time can be moved.
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
        loop {
            self.quiesce().await?;
            let left = end.since(self.sandbox.now());
            if left == Millis::new(0) {
                return Ok(());
            }
            let step = self.next_step(left).await?;
            self.step(step).await?;
        }
    }

    /// How far it is to the next timer, or to the next answer that is kept back, or so far at most.
    pub(in crate::sdk) async fn next_step(&self, at_most: Millis) -> Result<Step, Halt> {
        let now = self.sandbox.now();
        let release = self.sandbox.next_release().map(|moment| moment.since(now));
        let mut span = release.map_or(at_most, |release| at_most.min(release.max(TICK)));
        for mounted in self.awake() {
            let timer = mounted.wait(Millis::new(0)).await?;
            span = timer.map_or(span, |timer| span.min(timer.max(TICK)));
        }
        Ok(Step { span, releases: release.is_some() })
    }

    /// Moves on so far. An answer that is due by then comes to an SDK whose clock is hardly behind.
    pub(in crate::sdk) async fn step(&self, step: Step) -> Result<(), Halt> {
        let mut span = step.span;
        if step.releases && span > TICK {
            self.tick(Millis::new(span.get() - TICK.get())).await?;
            span = TICK;
        }
        self.tick(span).await
    }

    async fn tick(&self, span: Millis) -> Result<(), Halt> {
        self.sandbox.advance(span);
        for mounted in self.awake() {
            mounted.wait(span).await?;
        }
        Ok(())
    }

    /// Waits until every SDK has done what it can without time passing.
    pub async fn quiesce(&self) -> Result<(), Halt> {
        for mounted in self.awake() {
            mounted.quiesce().await?;
        }
        Ok(())
    }

    /// Faults are over, time goes on, and whatever is still owed should come now.
    pub async fn settle(&self) -> Result<(), Halt> {
        self.sandbox.clear_faults();
        self.pass_if_able(SETTLED).await?;
        self.quiesce().await?;
        self.settle_backend().await
    }

    /// From now on time stands for everybody, or passes again where something waits for it.
    pub(in crate::sdk) fn stop_time(&self, stands: bool) {
        self.time_stands.store(stands, Ordering::Relaxed);
    }

    /// True if time may be moved on for what waits for it.
    pub(in crate::sdk) fn moves_time(&self) -> bool {
        self.can(SdkCommandName::Advance) && !self.time_stands.load(Ordering::Relaxed)
    }

    /// Waits until nothing goes on any more unless time passes, or somebody lets go what is held.
    pub(in crate::sdk) async fn rest(&self) {
        if self.setup.direct.is_some() {
            // In this program an SDK tells; what it can't do is no reason to wait.
            let _ = self.quiesce().await;
            return;
        }
        let mut changed = self.sandbox.changed();
        let calm = async { while let Ok(Ok(())) = tokio::time::timeout(CALM, changed.changed()).await {} };
        let _ = tokio::time::timeout(AT_MOST, calm).await;
    }

    /// Waits until a fault holds nothing any more: whoever was held has gone.
    pub(in crate::sdk) async fn gone(&self, hold: FaultId) {
        let mut changed = self.sandbox.changed();
        let holds = || self.sandbox.faults().iter().any(|fault| fault.id == hold && fault.parked > 0);
        let waiting = async {
            while holds() {
                if changed.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(BESIDE, waiting).await;
    }

    /// Moves the time on until something is done that only time can bring about; nothing if it never is.
    pub(in crate::sdk) async fn finish<T>(
        &self,
        mut running: impl Future<Output = T> + Unpin,
    ) -> Result<Option<T>, Halt> {
        let end = self.sandbox.now().after(TIMEOUT);
        loop {
            if let Ended::First(done) = alongside(&mut running, self.quiesce()).await? {
                return Ok(Some(done));
            }
            let left = end.since(self.sandbox.now());
            if left == Millis::new(0) || !self.moves_time() {
                return Ok(None);
            }
            let step = match alongside(&mut running, self.next_step(left)).await? {
                Ended::First(done) => return Ok(Some(done)),
                Ended::Second(step) => step,
            };
            if let Ended::First(done) = alongside(&mut running, self.step(step)).await? {
                return Ok(Some(done));
            }
        }
    }

    fn awake(&self) -> Vec<Arc<MountedInstall>> {
        self.mounted.lock().iter().filter(|mounted| mounted.is_awake()).cloned().collect()
    }
}

/// What was under way, if it was done when some work was, or else what came of the work.
enum Ended<T, W> {
    First(T),
    Second(W),
}

/// Does some work to its end, beside what is under way.
async fn alongside<T, W>(
    mut running: impl Future<Output = T> + Unpin,
    work: impl Future<Output = Result<W, Halt>>,
) -> Result<Ended<T, W>, Halt> {
    tokio::pin!(work);
    tokio::select! {
        biased;
        done = &mut running => work.await.map(|_| Ended::First(done)),
        // The work may have been what it waited for.
        worked = &mut work => worked.map(|worked| (&mut running).now_or_never().map_or(Ended::Second(worked), Ended::First)),
    }
}

/// So far goes time at once.
#[derive(Debug, Clone, Copy)]
pub(in crate::sdk) struct Step {
    span: Millis,
    /// True if an answer may be let go at its end.
    releases: bool,
}
