//! One isolated environment: its keys, users, installs, clock, faults and history behind one lock.
//!
//! A [`Sandbox`] is a handle: clones share its state. Nothing here waits while it holds the lock.

mod app_leg;
mod commands;
mod controls;
mod coverage;
mod exchange;
mod garbled;
mod guard;
mod log;
mod other_origin;
mod record;
mod refused_key;
mod registry;
mod state;
mod vendor;
mod waiting;
mod webhooks;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, RwLock};
use standin_contracts::contract::Contract;
use standin_contracts::history::{Event, Header, Leg, Redactor, Subject, What};
use standin_contracts::protocol::Timestamp;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::clock::ClockStart;
use crate::engine::{Engine, KeyRing};
use crate::webhook_dispatcher::{ReceiverLine, Way, WebhookDispatchers};
pub use controls::VendorError;
pub use coverage::Coverage;
pub(crate) use exchange::{Begun, Committed, Routed};
pub(crate) use guard::ExchangeGuard;
pub(crate) use record::add_standard_headers;
pub(crate) use registry::{Index, Sandboxes};
pub use registry::{NewSandbox, SandboxError};
use state::State;
pub use vendor::{CLIENT_KEY, SERVER_KEY, VendorSetup, WEBHOOK_PASSWORD, WEBHOOK_USER};
pub use waiting::Parked;
pub(crate) use webhooks::Missed;
pub use webhooks::{NewMessages, Receiver, WebhookError};

/// The default number of events that a sandbox keeps in memory.
pub const HISTORY_LIMIT: usize = 200_000;

/// The settings that a sandbox is created from, and created again from after a reset.
#[derive(Debug, Clone)]
pub struct SandboxSetup {
    /// The sandbox's name.
    pub name: String,
    /// The seed for all randomness in the sandbox.
    pub seed: u64,
    /// The vendors that the sandbox serves.
    pub vendors: Vec<VendorSetup>,
    /// The initial state of the clock.
    pub clock: ClockStart,
    /// The number of events that the sandbox keeps in memory.
    pub history_limit: usize,
    /// The folder in which the history is written. None: it is not written.
    pub history_dir: Option<PathBuf>,
}

/// The events of a sandbox since a reader's last read.
#[derive(Debug)]
pub struct Updates {
    /// The number of resets so far, plus one. Each reset begins an epoch with an empty history.
    pub epoch: u64,
    /// The header of the history.
    pub header: Header,
    /// The next events of this epoch.
    pub events: Vec<Arc<Event>>,
}

/// A handle of one sandbox.
#[derive(Debug, Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    setup: SandboxSetup,
    contracts: Vec<Arc<Contract>>,
    state: Mutex<State>,
    /// Behind a lock of its own: searching for secrets takes most of the time of recording, and needs no order.
    redactor: RwLock<Redactor>,
    /// The values that callers made known, with their labels. A reset keeps them.
    known: Mutex<Vec<(String, String)>>,
    /// The number of the last event.
    changed: watch::Sender<u64>,
    /// Notified whenever the clock is changed.
    ticked: watch::Sender<()>,
    /// The index of credentials and sessions, by which requests that carry them find this sandbox.
    index: Option<Index>,
    /// The receiver of each vendor's webhooks. A reset keeps them.
    receivers: Mutex<Vec<Option<Receiver>>>,
    webhook_dispatchers: Mutex<WebhookDispatchers>,
    /// The way to receivers. An HTTP client is created when it is first needed.
    way: OnceLock<Way>,
    /// Notified whenever the messages to deliver change.
    posted: watch::Sender<()>,
}

impl Sandbox {
    /// A sandbox without a server, for tests.
    pub fn new(setup: SandboxSetup) -> Self {
        Self::indexed(setup, None)
    }

    pub(crate) fn indexed(setup: SandboxSetup, index: Option<Index>) -> Self {
        let contracts = setup.vendors.iter().map(|vendor| vendor.contract.clone()).collect();
        let state = Mutex::new(State::new(&setup, 1));
        let redactor = RwLock::new(state::redactor(&setup));
        let known = Mutex::default();
        let receivers = Mutex::new(vec![None; setup.vendors.len()]);
        let inner = Inner {
            setup,
            contracts,
            state,
            redactor,
            known,
            changed: watch::Sender::new(0),
            ticked: watch::Sender::new(()),
            index,
            receivers,
            webhook_dispatchers: Mutex::default(),
            way: OnceLock::new(),
            posted: watch::Sender::new(()),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The sandbox's name.
    pub fn name(&self) -> &str {
        &self.inner.setup.name
    }

    /// The seed for all randomness in the sandbox.
    pub fn seed(&self) -> u64 {
        self.inner.setup.seed
    }

    /// The vendors that the sandbox serves.
    pub fn vendors(&self) -> &[VendorSetup] {
        &self.inner.setup.vendors
    }

    /// The current sandbox time.
    pub fn now(&self) -> Timestamp {
        self.inner.state.lock().clock.now()
    }

    /// Whether the clock runs.
    pub fn is_running(&self) -> bool {
        self.inner.state.lock().clock.is_running()
    }

    /// Makes a secret or personal value known, so that histories show the label in its place.
    pub fn know(&self, value: &str, label: &str) {
        self.know_all([(value.to_owned(), label.to_owned())]);
    }

    /// Makes many values known at once, each with its label.
    pub fn know_all(&self, values: impl IntoIterator<Item = (String, String)>) {
        let mut known = self.inner.known.lock();
        let from = known.len();
        known.extend(values);
        self.inner.redactor.write().know_all(pairs(&known[from..]));
    }

    /// The text with every known value replaced by its label.
    pub fn redact(&self, text: &str) -> String {
        self.inner.redactor.read().text(text).0.into_owned()
    }

    /// Records an event that is not part of an exchange.
    pub fn record(&self, what: What) {
        self.with(|state| state.append(what));
    }

    /// Records in the header: the subjects under test, the users that a harness drives, and the subject's capabilities.
    pub fn describe(&self, subjects: Vec<Subject>, users: Vec<String>, capabilities: Vec<String>) {
        let mut state = self.inner.state.lock();
        state.log.header.subjects = subjects;
        state.log.header.users = users;
        state.log.header.capabilities = capabilities;
    }

    /// The header of the history.
    pub fn header(&self) -> Header {
        self.inner.state.lock().log.header.clone()
    }

    /// The events after this number, at most `limit`. If some of them were dropped, the first event says so.
    pub fn history_after(&self, seq: u64, limit: usize) -> Vec<Arc<Event>> {
        self.inner.state.lock().log.after(seq, limit)
    }

    /// The events of this epoch after this number, at most `limit`. If that epoch is over, the first events of the
    /// current epoch, at most `limit`. The first epoch is number 1.
    pub fn updates(&self, epoch: u64, seq: u64, limit: usize) -> Updates {
        let state = self.inner.state.lock();
        let after = if state.epoch == epoch { seq } else { 0 };
        Updates { epoch: state.epoch, header: state.log.header.clone(), events: state.log.after(after, limit) }
    }

    /// Whether both are handles of the same sandbox. A deleted sandbox may have had the same name.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// A receiver that gets the number of the last event whenever there is a new one.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.inner.changed.subscribe()
    }

    /// The number of exchanges of a leg that are not answered yet.
    pub fn open_exchanges(&self, leg: Leg) -> usize {
        self.inner.state.lock().open.values().filter(|open| open.leg == leg).count()
    }

    /// The number of exchanges of an install that are not answered yet.
    pub fn open_exchanges_of(&self, install: &str) -> usize {
        self.inner.state.lock().open.values().filter(|open| open.install.as_deref() == Some(install)).count()
    }

    /// Abandons the open exchanges of an install whose process has died: whatever a fault keeps waiting is never carried
    /// out or answered, as if the connection had closed already.
    pub fn abandon(&self, install: &str) {
        self.inner.state.lock().abandon(install);
    }

    /// The number of requests served here although they named no sandbox and carried no key or token of this one.
    pub fn unclaimed(&self) -> u64 {
        self.inner.state.lock().unclaimed
    }

    /// The coverage of the vendors' behaviour so far.
    pub fn coverage(&self) -> Coverage {
        self.inner.state.lock().coverage.clone()
    }

    /// A copy of a vendor's whole state, to compare or restore.
    pub fn snapshot(&self, vendor: &str) -> Result<(Engine, KeyRing), VendorError> {
        let place = self.vendor_place(vendor)?;
        let state = self.inner.state.lock();
        Ok((state.vendors[place].engine.clone(), state.vendors[place].keys.clone()))
    }

    /// Restores a vendor's state from a snapshot.
    pub fn restore(&self, vendor: &str, (engine, keys): (Engine, KeyRing)) -> Result<(), VendorError> {
        let place = self.vendor_place(vendor)?;
        let mut state = self.inner.state.lock();
        state.vendors[place].engine = engine;
        state.vendors[place].keys = keys;
        Ok(())
    }

    /// Resets the sandbox to its initial state: no users, no faults, valid keys, its clock at the start, an empty
    /// history. Open exchanges are cut off. A history on disk is kept, and a new file is begun.
    pub fn reset(&self) {
        if let Some(index) = &self.inner.index {
            index.forget(self.name());
            index.note_keys(self);
        }
        {
            let mut state = self.inner.state.lock();
            let anew = State::new(&self.inner.setup, state.epoch + 1);
            let old = std::mem::replace(&mut *state, anew);
            state.log.header = old.log.header;
            *self.inner.redactor.write() = self.first_redactor();
            self.inner.changed.send_replace(0);
        }
        self.inner.ticked.send_replace(());
        self.inner.posted.send_replace(());
    }

    /// The way to webhook receivers: over HTTP, unless a line was given.
    pub(crate) fn way_to_receivers(&self) -> Result<Way, WebhookError> {
        if let Some(way) = self.inner.way.get() {
            return Ok(way.clone());
        }
        let way = Way::http()?;
        Ok(self.inner.way.get_or_init(|| way).clone())
    }

    /// Delivers webhooks through this line from now on, in place of a network. Does nothing if the sandbox has a way to
    /// its receivers already.
    pub fn deliver_through(&self, line: Arc<dyn ReceiverLine>) {
        // The way that is there stays.
        let _ = self.inner.way.set(Way::Line(line));
    }

    /// Starts a webhook dispatcher for a vendor, in place of an earlier one.
    pub(crate) fn employ(&self, place: usize, webhook_dispatcher: Option<AbortHandle>) {
        self.inner.webhook_dispatchers.lock().replace(place, webhook_dispatcher);
    }

    /// Stops the sandbox's background tasks, when the sandbox is not needed any more.
    pub(crate) fn close(&self) {
        self.inner.webhook_dispatchers.lock().dismiss();
    }

    /// Corrupts every vendor's state, so that a call about any known user panics.
    #[cfg(test)]
    pub(crate) fn lose_users(&self) {
        self.with(|state| state.vendors.iter_mut().for_each(|vendor| vendor.engine.lose_users()));
    }

    fn first_redactor(&self) -> Redactor {
        let mut redactor = state::redactor(&self.inner.setup);
        redactor.know_all(pairs(&self.inner.known.lock()));
        redactor
    }

    /// Runs `work` on the state, and then notifies those that wait for events.
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.inner.state.lock();
        let done = work(&mut state);
        self.inner.changed.send_replace(state.log.last());
        done
    }
}

fn pairs(known: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    known.iter().map(|(value, label)| (value.as_str(), label.as_str()))
}
