//! The shell around a core: it carries out what the core wants, in a time that passes only when it is told to.

use futures::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Map;
use standin_contracts::contract::Contract;
use standin_contracts::history::What;
use standin_contracts::protocol::{Millis, Timestamp};
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

/// How long an answer is waited for in real time before it is taken for one that needs time to pass: longer than anything on
/// loopback takes.
const REAL_TIMEOUT: Duration = Duration::from_secs(2);
/// The same where the vendor's world is in view. It tells, so that this only ends a wait that should not be.
const LONG_TIMEOUT: Duration = Duration::from_secs(10);

/// How soon the vendor's world is looked at again: an answer that is kept back byte by byte tells nobody of the next.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// So many requests at one moment are no haste any more: the SDK asks again and again without any pause.
const RESTLESS: usize = 1000;

pub(super) struct InstallContext {
    pub(super) contract: Arc<Contract>,
    pub(super) behaviour: Arc<dyn SdkBehaviour>,
    pub(super) devices: Arc<Devices>,
    pub(super) sandbox: Option<Sandbox>,
    pub(super) direct: Option<DirectLine>,
    pub(super) label: String,
}

/// An install of the reference SDK.
pub(super) struct SdkInstall(Arc<Shell>);

struct Shell {
    place: InstallContext,
    line: Line,
    state: Mutex<State>,
    seen: Mutex<SeenExchanges>,
    /// Told whenever the core was told something.
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
    /// How many of them since when, by its own clock.
    sent_since: (Timestamp, usize),
    /// How many of them ended without an answer before all were seen at the vendor: they may never come there.
    stray: usize,
    ended: bool,
}

/// What was seen of this install's exchanges at the vendor.
#[derive(Default)]
struct SeenExchanges {
    /// The last event that was looked at.
    last: u64,
    asked: BTreeSet<u64>,
    arrived: usize,
    /// Those with an answer, which may still be on its way.
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

/// True if nothing but more time, or somebody's word, lets an exchange go on. What has come already is about to be noticed.
fn is_kept_back(sandbox: &Sandbox, exchange: u64) -> bool {
    match sandbox.parked(exchange) {
        None => false,
        Some(Parked::ForGood | Parked::Passed(_)) => true,
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
    /// Tells the core something and does what it wants.
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
                    // It would never come to rest, and nothing would ever end that.
                    return state.end();
                }
                state.requests.insert(number, self.request(request, time));
                state.sent += 1;
            }
            Effect::GiveUp(number) => self.give_up(state, number),
            Effect::Return { call, result } => {
                if let Some(waiting) = state.calls.remove(&call) {
                    // Who ordered it may have gone.
                    let _ = waiting.send(result);
                }
            }
            Effect::WakeAt(moment) => state.wake = Some(moment),
        }
    }

    /// Nothing more is expected of a request.
    fn give_up(&self, state: &mut State, number: u64) {
        if let Some(asking) = state.requests.remove(&number) {
            asking.give_up();
            state.stray += usize::from(!self.all_have_arrived(state));
        }
    }

    /// True if every request that was sent was seen at the vendor, or may never come there.
    fn all_have_arrived(&self, state: &State) -> bool {
        let Some(sandbox) = &self.place.sandbox else { return true };
        self.at_vendor(sandbox);
        self.seen.lock().arrived + state.stray >= state.sent
    }

    /// Sends a request, and tells the core what comes of it. It is at the vendor when this returns, if nothing lies between.
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

    /// Lets time pass up to a moment, from one at which something is due to the next.
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

    /// Waits until nothing happens any more without time passing.
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
        // What is not answered until then waits for something else than us.
        let timeout = if self.place.sandbox.is_some() { LONG_TIMEOUT } else { REAL_TIMEOUT };
        let _ = tokio::time::timeout(timeout, still).await;
    }

    /// True if nothing is waited for, or what is waited for can't come without time passing. What was given up is over once
    /// the vendor has noticed it.
    fn is_still(&self) -> bool {
        let (open, arrived) = {
            let state = self.state.lock();
            (state.requests.len(), self.all_have_arrived(&state))
        };
        let Some(sandbox) = &self.place.sandbox else { return open == 0 };
        let at_vendor = self.at_vendor(sandbox);
        arrived && at_vendor.len() == open && at_vendor.iter().all(|exchange| is_kept_back(sandbox, *exchange))
    }

    /// The exchanges of this install that have not come to their end at the vendor.
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
    /// True if one more request is too many while no time passes. Counts it.
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
