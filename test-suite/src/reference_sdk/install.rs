//! The shell around a core: it carries out the core's actions, in a time that passes only on command.

use futures::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Map;
use standin_contracts::contract::Contract;
use standin_contracts::history::What;
use standin_contracts::protocol::{Millis, Timestamp};
use standin_contracts::rules::FLOOD;
use standin_mock_server::sandbox::Parked;
use standin_mock_server::{DirectLine, Sandbox};
use tokio::sync::{oneshot, watch};

use super::adapter::Devices;
use super::asking::Asking;
use super::behaviour::SdkBehaviour;
use super::core::Core;
use super::line::Line;
use super::message::{Effect, Input, Request};
use crate::adapter::{AdapterError, CommandResult, Install, SdkCommand, Setup};

/// The real time after which a missing answer is taken for one that needs time to pass. It exceeds the time of
/// anything on loopback.
const REAL_TIMEOUT: Duration = Duration::from_secs(2);
/// The time limit for an SDK with a view of the sandbox. The sandbox shows when an answer is held back, so this ends
/// only waits that should not happen.
const LONG_TIMEOUT: Duration = Duration::from_secs(10);

/// The pause between two looks at the sandbox. An answer that is held back byte by byte sends no notice of the next
/// byte.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The number of requests at one moment after which an install ends by itself, where no harness ends the flood.
const RESTLESS: usize = 10 * FLOOD;

pub(super) struct InstallContext {
    pub(super) contract: Arc<Contract>,
    pub(super) behaviour: Arc<dyn SdkBehaviour>,
    pub(super) devices: Arc<Devices>,
    pub(super) sandbox: Option<Sandbox>,
    pub(super) direct: Option<DirectLine>,
    pub(super) label: String,
}

pub(super) struct SdkInstall(Arc<Shell>);

struct Shell {
    place: InstallContext,
    line: Line,
    state: Mutex<State>,
    seen: Mutex<SeenExchanges>,
    /// Notified after each input to the core.
    changed: watch::Sender<()>,
}

struct State {
    core: Core,
    now: Timestamp,
    wake: Option<Timestamp>,
    last_call: u64,
    calls: BTreeMap<u64, oneshot::Sender<CommandResult>>,
    requests: BTreeMap<u64, Asking>,
    sent: usize,
    /// A time by the install's clock, and the number of requests since then.
    sent_since: (Timestamp, usize),
    /// The number of requests that were given up before all were seen at the vendor. They may never arrive there.
    stray: usize,
    ended: bool,
}

/// The exchanges of this install that were seen at the vendor.
#[derive(Default)]
struct SeenExchanges {
    /// The number of the last event that was read.
    last: u64,
    asked: BTreeSet<u64>,
    arrived: usize,
    /// The exchanges with an answer, which may still be on its way.
    answered: BTreeSet<u64>,
}

impl SeenExchanges {
    fn note(&mut self, what: &What, label: &str) {
        match what {
            What::Request(request) if request.install.as_deref() == Some(label) => {
                self.asked.insert(request.exchange);
                self.arrived += 1;
            }
            What::Response(response) if self.asked.remove(&response.exchange) => {
                self.answered.insert(response.exchange);
            }
            What::SendFailed { exchange, .. } => {
                self.asked.remove(exchange);
                self.answered.remove(exchange);
            }
            _ => {}
        }
    }
}

/// Whether an exchange waits for time to pass or for a fault to be released. One whose time has come is about to be
/// noticed.
fn is_kept_back(sandbox: &Sandbox, exchange: u64) -> bool {
    match sandbox.parked(exchange) {
        None => false,
        Some(Parked::ForGood | Parked::Held(_)) => true,
        Some(Parked::Until(moment) | Parked::Dripping { next: moment, .. }) => moment > sandbox.now(),
    }
}

impl SdkInstall {
    pub(super) fn new(core: Core, place: InstallContext, setup: &Setup) -> Result<Self, AdapterError> {
        let line = Line::new(place.behaviour.clone(), setup, place.direct.clone())?;
        let state = State {
            core,
            now: setup.now,
            wake: None,
            last_call: 0,
            calls: BTreeMap::new(),
            requests: BTreeMap::new(),
            sent: 0,
            sent_since: (setup.now, 0),
            stray: 0,
            ended: false,
        };
        Ok(Self(Arc::new(Shell {
            place,
            line,
            state: Mutex::new(state),
            seen: Mutex::default(),
            changed: watch::Sender::new(()),
        })))
    }
}

impl Shell {
    /// Passes an input to the core and carries out its actions.
    fn feed(self: &Arc<Self>, input: Input) {
        let mut state = self.state.lock();
        self.feed_locked(&mut state, input);
        drop(state);
        self.changed.send_replace(());
    }

    fn feed_locked(self: &Arc<Self>, state: &mut State, input: Input) {
        match &input {
            Input::VendorAnswer { number, .. } => drop(state.requests.remove(number)),
            Input::NoAnswer { number } => self.give_up(state, *number),
            _ => {}
        }
        state.wake = None;
        for effect in state.core.step(state.now, input) {
            self.carry_out(state, effect);
        }
        self.place.devices.keep_device(&self.place.label, state.core.device());
    }

    fn carry_out(self: &Arc<Self>, state: &mut State, effect: Effect) {
        match effect {
            Effect::Store(stored) => self.place.devices.keep(&self.place.label, &stored),
            Effect::Send(request) => {
                let number = request.number;
                let time = Timestamp::from_millis(state.now.as_millis() + state.core.device().clock_off);
                if state.is_restless() {
                    // The install would never become still, and nothing would end it.
                    return state.end();
                }
                state.requests.insert(number, self.request(request, time));
                state.sent += 1;
            }
            Effect::GiveUp(number) => self.give_up(state, number),
            Effect::Return { call, result } => {
                if let Some(waiting) = state.calls.remove(&call) {
                    // The caller may have gone.
                    let _ = waiting.send(result);
                }
            }
            Effect::WakeAt(moment) => state.wake = Some(moment),
        }
    }

    /// Cancels a request.
    fn give_up(&self, state: &mut State, number: u64) {
        if let Some(asking) = state.requests.remove(&number) {
            asking.give_up();
            state.stray += usize::from(!self.all_have_arrived(state));
        }
    }

    /// Whether every request was seen at the vendor, or may never arrive there.
    fn all_have_arrived(&self, state: &State) -> bool {
        let Some(sandbox) = &self.place.sandbox else { return true };
        self.at_vendor(sandbox);
        self.seen.lock().arrived + state.stray >= state.sent
    }

    /// Sends a request and passes its result to the core. With a direct connection, the request is at the vendor when
    /// this returns.
    fn request(self: &Arc<Self>, request: Request, time: Timestamp) -> Asking {
        let (number, shell) = (request.number, self.clone());
        let asking = async move { shell.line.ask(&shell.place.contract, &request, time).await };
        let asking = Asking::new(asking, self.place.direct.is_some());
        let (answer, shell) = (asking.answer(), self.clone());
        tokio::spawn(async move {
            match answer.await {
                Some(Some(answer)) => shell.feed(Input::VendorAnswer { number, answer }),
                Some(None) => shell.feed(Input::NoAnswer { number }),
                // It was given up.
                None => {}
            }
        });
        asking
    }

    async fn command(self: &Arc<Self>, command: SdkCommand) -> Result<CommandResult, AdapterError> {
        let (sender, result) = oneshot::channel();
        {
            let mut state = self.state.lock();
            if state.ended {
                return Err(AdapterError::Gone("the install was ended".to_owned()));
            }
            state.last_call += 1;
            let call = state.last_call;
            state.calls.insert(call, sender);
            self.feed_locked(&mut state, Input::Command { call, command });
        }
        self.changed.send_replace(());
        result.await.map_err(|_| AdapterError::Gone("the install was ended".to_owned()))
    }

    /// Advances time, from one timer to the next.
    async fn pass(self: &Arc<Self>, by: Millis) -> CommandResult {
        self.settle().await;
        let end = self.state.lock().now.after(by);
        loop {
            let reached = {
                let mut state = self.state.lock();
                let next = state.wake.map_or(end, |wake| wake.min(end));
                state.now = next.max(state.now);
                self.feed_locked(&mut state, Input::Timer);
                state.now >= end
            };
            self.settle().await;
            if reached {
                return self.next_timer();
            }
        }
    }

    fn next_timer(&self) -> CommandResult {
        let state = self.state.lock();
        let next = state.wake.map(|wake| wake.since(state.now).get());
        let value = next.map(|millis| ("next_timer_ms".to_owned(), millis.into()));
        CommandResult::Done { value: Map::from_iter(value), calls: Vec::new() }
    }

    /// Waits until nothing more happens without time passing.
    async fn settle(&self) {
        let mut changed = self.changed.subscribe();
        let mut harness = self.place.sandbox.as_ref().map(Sandbox::changed);
        let still = async {
            loop {
                changed.borrow_and_update();
                harness.as_mut().map(|harness| *harness.borrow_and_update());
                if self.is_still() {
                    return;
                }
                match &mut harness {
                    Some(harness) => {
                        tokio::select! {
                            biased;
                            _ = changed.changed() => {}
                            _ = harness.changed() => {}
                            () = tokio::time::sleep(LOOK_AGAIN) => {}
                        }
                    }
                    None => drop(changed.changed().await),
                }
            }
        };
        // An answer that is still missing by then needs time to pass.
        let timeout = if self.place.sandbox.is_some() { LONG_TIMEOUT } else { REAL_TIMEOUT };
        let _ = tokio::time::timeout(timeout, still).await;
    }

    /// Whether no answer can come without time passing. A request that was given up is over once the vendor has
    /// noticed.
    fn is_still(&self) -> bool {
        let (open, arrived) = {
            let state = self.state.lock();
            (state.requests.len(), self.all_have_arrived(&state))
        };
        let Some(sandbox) = &self.place.sandbox else { return open == 0 };
        let at_vendor = self.at_vendor(sandbox);
        arrived && at_vendor.len() == open && at_vendor.iter().all(|exchange| is_kept_back(sandbox, *exchange))
    }

    /// The exchanges of this install that are still open at the vendor.
    fn at_vendor(&self, sandbox: &Sandbox) -> BTreeSet<u64> {
        let mut seen = self.seen.lock();
        for event in sandbox.history_after(seen.last, usize::MAX) {
            seen.last = event.seq;
            seen.note(&event.event, &self.place.label);
        }
        let on_its_way = |exchange: &&u64| sandbox.parked(**exchange).is_some();
        seen.asked.iter().chain(seen.answered.iter().filter(on_its_way)).copied().collect()
    }

    fn end(&self) {
        self.state.lock().end();
    }
}

impl State {
    /// Counts one more request, and returns whether there are too many without time passing.
    fn is_restless(&mut self) -> bool {
        let (since, sent) = self.sent_since;
        self.sent_since = if since == self.now { (since, sent + 1) } else { (self.now, 1) };
        self.sent_since.1 > RESTLESS
    }

    fn end(&mut self) {
        self.ended = true;
        self.calls.clear();
        for asking in std::mem::take(&mut self.requests).into_values() {
            asking.give_up();
        }
    }
}

impl Install for SdkInstall {
    fn run(&self, command: SdkCommand) -> BoxFuture<'_, Result<CommandResult, AdapterError>> {
        Box::pin(async move {
            match command {
                SdkCommand::Advance { by_ms } => Ok(self.0.pass(Millis::new(by_ms)).await),
                SdkCommand::Quiesce {} => {
                    self.0.settle().await;
                    Ok(CommandResult::done())
                }
                command => self.0.command(command).await,
            }
        })
    }

    fn end(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        Box::pin(async move {
            self.0.end();
            Ok(())
        })
    }
}

impl Drop for SdkInstall {
    fn drop(&mut self) {
        self.0.end();
    }
}
