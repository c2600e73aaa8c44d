//! The clock of a backend in this program. The backend waits by the sandbox's clock. The harness moves that clock on
//! to the next awaited time whenever nothing else can happen, so tests never sleep.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use standin_contracts::history::{Leg, What};
use standin_contracts::protocol::{Millis, Timestamp};
use standin_mock_server::Sandbox;
use standin_mock_server::sandbox::Parked;
use tokio::sync::watch;

/// The clock of a backend in this program.
pub struct VirtualClock {
    sandbox: Sandbox,
    waits: Mutex<Waits>,
    /// Notified whenever a wait begins or ends, and whenever bytes of an answer arrive.
    changed: watch::Sender<()>,
    /// Locked while a call is on its way to the vendor. So the next call that arrives is the one that was sent.
    line: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Waits {
    /// The number of apps being served, each by one task.
    busy: usize,
    last: u64,
    awaited: BTreeMap<u64, Awaited>,
    /// The exchanges that the backend gave up and the vendor may not have noticed yet.
    given_up: BTreeSet<u64>,
}

/// A wait until some time.
struct Awaited {
    until: Timestamp,
    what: For,
}

/// The number of bytes that a call has received of its answer.
#[derive(Debug, Clone, Default)]
pub struct Hearing(Arc<AtomicU64>);

/// The purpose of a wait.
enum For {
    /// A pause of the backend.
    Pause,
    /// The rest of the vendor's answer in this exchange.
    Answer(u64, Hearing),
    Harness,
}

/// A registered wait. It ends when this is dropped.
struct Waiting<'c> {
    clock: &'c VirtualClock,
    number: u64,
}

/// An app being served. It counts as busy until this is dropped.
pub(crate) struct Serving<'c>(&'c VirtualClock);

impl VirtualClock {
    /// A clock for a backend whose vendor lives in this sandbox. It freezes sandbox time, which then moves only on
    /// request.
    pub(crate) fn new(sandbox: Sandbox) -> Arc<Self> {
        sandbox.freeze();
        let changed = watch::Sender::new(());
        Arc::new(Self { sandbox, waits: Mutex::default(), changed, line: tokio::sync::Mutex::default() })
    }

    /// The current sandbox time.
    pub fn now(&self) -> Timestamp {
        self.sandbox.now()
    }

    /// Waits on behalf of a backend, between two tries.
    pub async fn pause(&self, length: Millis) {
        self.wait(self.now().after(length), For::Pause).await;
    }

    /// Waits on behalf of the harness, while a backend is at work.
    pub(crate) async fn pass(&self, length: Millis) {
        self.wait(self.now().after(length), For::Harness).await;
    }

    async fn wait(&self, until: Timestamp, what: For) {
        let _waiting = self.register(until, what);
        self.sandbox.wait_until(until).await;
    }

    /// Makes one call to the vendor and gives it up at the deadline. The deadline may move while the call goes on.
    pub async fn call<T>(
        &self,
        hearing: &Hearing,
        deadline: impl Fn() -> Timestamp,
        call: impl Future<Output = T>,
    ) -> Option<T> {
        let mut call = pin!(call);
        let line = self.line.lock().await;
        let exchange = tokio::select! {
            biased;
            answer = &mut call => return Some(answer),
            exchange = self.arrival(self.last_seq()) => exchange,
        };
        drop(line);
        loop {
            let until = deadline();
            let waiting = self.register(until, For::Answer(exchange, hearing.clone()));
            tokio::select! {
                biased;
                answer = &mut call => return Some(answer),
                () = self.sandbox.wait_until(until) => {}
            }
            if deadline() <= until {
                self.waits.lock().given_up.insert(exchange);
                return None;
            }
            drop(waiting);
        }
    }

    /// Records that a call received `bytes` more bytes of its answer.
    pub fn heard(&self, hearing: &Hearing, bytes: usize) {
        hearing.0.fetch_add(bytes as u64, Ordering::Relaxed);
        self.changed.send_replace(());
    }

    fn last_seq(&self) -> u64 {
        *self.sandbox.changed().borrow()
    }

    /// Waits for the next call that arrives at the vendor, and returns its exchange.
    async fn arrival(&self, after: u64) -> u64 {
        let mut changed = self.sandbox.changed();
        loop {
            changed.borrow_and_update();
            let exchange = self.sandbox.history_after(after, usize::MAX).iter().find_map(|event| match &event.event {
                What::Request(request) if request.leg == Leg::BackendToVendor => Some(request.exchange),
                _ => None,
            });
            match exchange {
                Some(exchange) => return exchange,
                // The sender lives as long as the sandbox.
                None => drop(changed.changed().await),
            }
        }
    }

    fn register(&self, until: Timestamp, what: For) -> Waiting<'_> {
        let number = {
            let mut waits = self.waits.lock();
            waits.last += 1;
            let number = waits.last;
            waits.awaited.insert(number, Awaited { until, what });
            number
        };
        self.changed.send_replace(());
        Waiting { clock: self, number }
    }

    /// Counts an app as being served until the returned value is dropped.
    pub(crate) fn serve(&self) -> Serving<'_> {
        self.waits.lock().busy += 1;
        Serving(self)
    }

    /// Moves the clock on whenever only the passing of time can cause the next event.
    pub(crate) async fn move_on(&self) -> Infallible {
        let mut events = self.sandbox.changed();
        let mut waits = self.changed.subscribe();
        loop {
            events.borrow_and_update();
            waits.borrow_and_update();
            self.jump();
            tokio::select! {
                _ = events.changed() => {}
                _ = waits.changed() => {}
            }
        }
    }

    fn jump(&self) {
        // The lock is held during the jump, so that two concurrent callers don't jump twice.
        let mut waits = self.waits.lock();
        let now = self.now();
        if let Some(next) = waits.next(now, &self.sandbox) {
            self.sandbox.advance(next.since(now));
        }
    }
}

impl Waits {
    /// The time to jump to. None as long as something is under way.
    fn next(&mut self, now: Timestamp, sandbox: &Sandbox) -> Option<Timestamp> {
        if self.awaited.is_empty() {
            return None;
        }
        let at_work = self.awaited.values().filter(|awaited| !matches!(awaited.what, For::Harness)).count();
        self.given_up.retain(|exchange| sandbox.parked(*exchange).is_some());
        if at_work < self.busy || !self.given_up.is_empty() {
            return None;
        }
        let moments: Option<Vec<Timestamp>> = self.awaited.values().map(|awaited| awaited.next(sandbox)).collect();
        // If a time has come already, its waiter is about to notice.
        moments?.into_iter().min().filter(|next| *next > now)
    }
}

impl Awaited {
    /// The latest time of the next event. None if it may happen without time passing.
    fn next(&self, sandbox: &Sandbox) -> Option<Timestamp> {
        match &self.what {
            For::Pause | For::Harness => Some(self.until),
            For::Answer(exchange, hearing) => match sandbox.parked(*exchange)? {
                Parked::ForGood => Some(self.until),
                // The fault's owner releases it without time passing.
                Parked::Held(_) => None,
                Parked::Until(moment) => Some(self.until.min(moment)),
                // A byte on its way may change the client's deadline.
                Parked::Dripping { next, sent } => (hearing.bytes() == sent).then(|| self.until.min(next)),
            },
        }
    }
}

impl Hearing {
    fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.clock.waits.lock().awaited.remove(&self.number);
        self.clock.changed.send_replace(());
    }
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        self.0.waits.lock().busy -= 1;
        self.0.changed.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use standin_contracts::contract::builtin;
    use standin_mock_server::fault::{BlackHole, Hold, Latency, Moment};
    use standin_mock_server::{Fault, FaultSpec, MockConfig, MockServer};

    use super::*;

    /// Enough for anything on loopback.
    const AT_MOST: Duration = Duration::from_secs(10);

    async fn harness() -> (MockServer, Arc<VirtualClock>) {
        let contract = builtin("sentiance").expect("a vendor").expect("a contract");
        let server = MockServer::start(MockConfig::new(vec![Arc::new(contract)])).await.expect("a server");
        let clock = VirtualClock::new(server.sandbox());
        (server, clock)
    }

    /// Serves an app with `work`. None if `work` does not end in the time allowed.
    async fn served<T>(clock: &VirtualClock, work: impl Future<Output = T>) -> Option<T> {
        let _serving = clock.serve();
        let work = async {
            tokio::select! {
                done = work => done,
                never = clock.move_on() => match never {},
            }
        };
        tokio::time::timeout(AT_MOST, work).await.ok()
    }

    /// Makes a call with a deadline of ten seconds. Whether it was answered.
    async fn call(server: &MockServer, clock: &VirtualClock) -> bool {
        let deadline = clock.now().after(Millis::from_secs(10));
        let asked = reqwest::Client::new().post(format!("{}/users/auth-code", server.vendor_url("sentiance"))).send();
        clock.call(&Hearing::default(), || deadline, asked).await.is_some()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_pause_of_an_hour_takes_no_time() {
        let (_server, clock) = harness().await;
        let began = clock.now();
        served(&clock, clock.pause(Millis::from_secs(3600))).await.expect("an end");
        assert_eq!(clock.now().since(began), Millis::from_secs(3600));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_nearest_moment_comes_first() {
        let (_server, clock) = harness().await;
        let began = clock.now();
        let (clock, servings) = (&clock, [clock.serve(), clock.serve()]);
        let [first, second] = servings;
        let waits = |seconds, serving| async move {
            clock.pause(Millis::from_secs(seconds)).await;
            drop(serving);
            clock.now().since(began)
        };
        let both = async { tokio::join!(waits(9, first), waits(2, second)) };
        let ends = tokio::select! {
            ends = both => ends,
            never = clock.move_on() => match never {},
        };
        assert_eq!(ends, (Millis::from_secs(9), Millis::from_secs(2)));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_clock_moves_while_somebody_is_at_work() {
        let (server, clock) = harness().await;
        let (began, _at_work) = (clock.now(), clock.serve());
        let first = served(&clock, async {
            tokio::select! {
                () = clock.pause(Millis::from_secs(1)) => "the pause",
                _ = call(&server, &clock) => "the answer",
            }
        });
        assert_eq!(first.await, Some("the answer"));
        assert_eq!(clock.now(), began);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn patience_ends_in_a_black_hole_and_not_before_an_answer() {
        let (server, clock) = harness().await;
        let began = clock.now();
        assert_eq!(served(&clock, call(&server, &clock)).await, Some(true));
        assert_eq!(clock.now(), began);
        server.sandbox().set_fault(FaultSpec::new(Fault::BlackHole(BlackHole {}))).expect("a fault");
        assert_eq!(served(&clock, call(&server, &clock)).await, Some(false));
        assert_eq!(clock.now().since(began), Millis::from_secs(10));
        assert_eq!(served(&clock, call(&server, &clock)).await, Some(true), "the given up call is not in its way");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_late_answer_is_waited_for_by_the_vendors_clock() {
        let (server, clock) = harness().await;
        let began = clock.now();
        let late = Fault::Latency(Latency { span: Millis::from_secs(3) });
        server.sandbox().set_fault(FaultSpec::new(late)).expect("a fault");
        assert_eq!(served(&clock, call(&server, &clock)).await, Some(true));
        assert_eq!(clock.now().since(began), Millis::from_secs(3));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_held_call_keeps_the_clock_until_it_is_released() {
        let (server, clock) = harness().await;
        let began = clock.now();
        let held = FaultSpec::new(Fault::Hold(Hold { at: Moment::AfterCommit }));
        let id = server.sandbox().set_fault(held).expect("a fault");
        let release = async {
            let mut changed = server.sandbox().changed();
            while server.sandbox().faults()[0].parked == 0 {
                changed.changed().await.expect("an event");
            }
            server.sandbox().release(id)
        };
        let (answered, released) = tokio::join!(served(&clock, call(&server, &clock)), release);
        released.expect("a release");
        assert_eq!((answered, clock.now()), (Some(true), began));
    }
}
