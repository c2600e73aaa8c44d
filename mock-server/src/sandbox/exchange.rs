//! One exchange with a vendor: begun, committed, and followed until its last byte left or its client did.

use std::sync::Arc;

use standin_contracts::codec::problem;
use standin_contracts::contract::{Contract, Operation, WireRequest, WireResponse};
use standin_contracts::history::{Fate, Leg, What};
use standin_contracts::protocol::{Call, Field, KeyKind, Reply};

use super::record::{self, About, Telling, dress};
use super::state::State;
use super::{Sandbox, VendorSetup};
use crate::fault::{Fired, Place, Scene};

/// A request to a vendor, read and understood as far as it can be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inbound<'a> {
    pub(crate) vendor: Option<usize>,
    pub(crate) operation: Option<&'a Operation>,
    pub(crate) wire: &'a WireRequest,
    pub(crate) call: Option<&'a Call>,
    /// True if the sandbox was named or known by what the request carries.
    pub(crate) claimed: bool,
}

/// What becomes of a request once it is recorded.
pub(crate) enum Begun {
    /// The vendor has answered, and the answer is recorded.
    Answered(WireResponse, ExchangeGuard),
    /// A fault comes first.
    Faulted(Fired, ExchangeGuard),
}

/// What the vendor did: its answer, not yet recorded.
#[derive(Debug)]
pub(crate) struct Committed {
    pub(crate) reply: Option<Reply>,
    pub(crate) wire: WireResponse,
}

impl Sandbox {
    /// Records a request and, unless a fault comes first, lets the vendor answer: all under one lock.
    pub(crate) fn begin(&self, inbound: &Inbound<'_>) -> Begun {
        let mut guard = ExchangeGuard::new(self);
        let answer = self.with(|state| {
            guard.open(state.life, self.record_request(state, inbound));
            if let Some(fired) = self.fault_met(state, inbound) {
                return Err(fired);
            }
            let committed = self.commit_locked(state, inbound);
            Ok(guard.tell(state, committed))
        });
        match answer {
            Ok(wire) => Begun::Answered(wire, guard),
            Err(fired) => Begun::Faulted(fired, guard),
        }
    }

    /// Lets the vendor do what is asked, after a fault that came first. Nothing if the sandbox was reset meanwhile.
    pub(crate) fn commit(&self, inbound: &Inbound<'_>, guard: &ExchangeGuard) -> Option<Committed> {
        self.with(|state| (state.life == guard.life).then(|| self.commit_locked(state, inbound)))
    }

    /// Records a request that no operation takes, with the answer that says so.
    pub(crate) fn refuse(&self, inbound: &Inbound<'_>, answer: WireResponse) -> (WireResponse, ExchangeGuard) {
        let mut guard = ExchangeGuard::new(self);
        let wire = self.with(|state| {
            guard.open(state.life, self.record_request(state, inbound));
            guard.tell(state, Committed { reply: None, wire: answer })
        });
        (wire, guard)
    }

    /// Records a request whose body never came whole.
    pub(crate) fn broken_off(&self, inbound: &Inbound<'_>) {
        self.with(|state| {
            let exchange = self.record_request(state, inbound);
            state.open.remove(&exchange);
            let why = "the client went away before its whole request had come".to_owned();
            state.append(What::SendFailed { exchange, why });
        });
    }

    fn record_request(&self, state: &mut State, inbound: &Inbound<'_>) -> u64 {
        let leg = leg(state, inbound, &self.inner.contracts);
        if !inbound.claimed && !is_known(state, inbound) {
            state.unclaimed += 1;
        }
        let exchange = state.next_exchange(leg);
        let setup = inbound.vendor.map(|vendor| &self.inner.setup.vendors[vendor]);
        let step = match (setup, inbound.operation, inbound.call) {
            (Some(setup), Some(operation), Some(call)) => Some(setup.contract.step(operation, call)),
            _ => None,
        };
        let vendor = setup.map(VendorSetup::name);
        let about = About { exchange, leg, vendor, operation: inbound.operation, step, intent: None };
        let request = record::request(&state.redactor, about, inbound.wire);
        state.append(What::Request(request));
        exchange
    }

    fn fault_met(&self, state: &mut State, inbound: &Inbound<'_>) -> Option<Fired> {
        let contract = &self.inner.contracts[inbound.vendor?];
        let scene = Scene { contract, operation: inbound.operation?, now: state.clock.now() };
        state.faults.meet(&Place { scene, seed: self.seed(), sandbox: self.name() })
    }

    fn commit_locked(&self, state: &mut State, inbound: &Inbound<'_>) -> Committed {
        let (Some(place), Some(operation), Some(call)) = (inbound.vendor, inbound.operation, inbound.call) else {
            let wire = problem(404, "no such operation", "the request was not understood");
            return Committed { reply: None, wire };
        };
        let setup = &self.inner.setup.vendors[place];
        let vendor = &mut state.vendors[place];
        let mint = |random, fields: &_| setup.contract.mint(random, fields, &setup.secrets);
        let reply = vendor.engine.apply(state.clock.now(), &vendor.keys, call, &mint);
        state.label_tokens(&reply);
        self.note_tokens(&reply);
        let mut wire = setup.contract.encode_reply(operation, &reply);
        if let (Err(malformed), true) = (&call.input, reply.name.is_refusal() && !is_about_access(&reply)) {
            wire.headers.push(("standin-expected".to_owned(), one_line(&malformed.to_string())));
        }
        Committed { reply: Some(reply), wire }
    }

    fn note_tokens(&self, reply: &Reply) {
        let Some(index) = &self.inner.index else { return };
        for field in [Field::Credential, Field::Session] {
            if let Some(token) = reply.fields.text(&field) {
                index.note(token, self.name());
            }
        }
    }
}

/// Follows an exchange to its end. Dropped before that, it records that the answer never arrived.
#[derive(Debug)]
pub(crate) struct ExchangeGuard {
    sandbox: Sandbox,
    life: u64,
    exchange: u64,
    progress: Progress,
}

#[derive(Debug)]
enum Progress {
    /// Nothing has been answered.
    Asked,
    /// The vendor has done it or a fault swallowed it, and the client hears of it later, if ever.
    Unheard { committed: Committed, kind: &'static str, words: String },
    /// The answer is recorded and on its way.
    Answered,
    /// There is nothing left to tell.
    Done,
}

impl ExchangeGuard {
    /// Made before the lock is taken: whatever unwinds gives the lock back before the guard wants it.
    fn new(sandbox: &Sandbox) -> Self {
        Self { sandbox: sandbox.clone(), life: 0, exchange: 0, progress: Progress::Done }
    }

    fn open(&mut self, life: u64, exchange: u64) {
        self.life = life;
        self.exchange = exchange;
        self.progress = Progress::Asked;
    }

    /// Records the answer, which leaves at once and as it is.
    fn tell(&mut self, state: &mut State, committed: Committed) -> WireResponse {
        let wire = record_answer(state, self.exchange, committed, None, Fate::Delivered);
        self.progress = Progress::Answered;
        wire
    }

    /// Keeps what the client has not heard yet. If it never does, the history has it as lost.
    pub(crate) fn keep(&mut self, committed: Committed, fired: &Fired) {
        self.progress = Progress::Unheard { committed, kind: fired.kind, words: fired.words.clone() };
    }

    /// Records the kept answer, which leaves now. Nothing if the sandbox was reset meanwhile.
    pub(crate) fn answer(&mut self, fate: Fate) -> Option<WireResponse> {
        let next = if fate == Fate::Delivered { Progress::Answered } else { Progress::Done };
        let Progress::Unheard { committed, kind, words } = std::mem::replace(&mut self.progress, next) else {
            return None;
        };
        let (life, exchange) = (self.life, self.exchange);
        self.sandbox.with(|state| {
            let here = state.life == life;
            here.then(|| record_answer(state, exchange, committed, Some((kind, &words)), fate))
        })
    }

    /// The last byte has left.
    pub(crate) fn done(mut self) {
        self.progress = Progress::Done;
    }

    fn fail(&self, why: &str) {
        self.sandbox.with(|state| {
            if state.life == self.life {
                state.open.remove(&self.exchange);
                state.append(What::SendFailed { exchange: self.exchange, why: why.to_owned() });
            }
        });
    }

    /// The answer to a handler that panicked, recorded in its place.
    fn panicked(&mut self) {
        let fired = ("panic", "our own fault: the handler panicked");
        let committed = Committed { reply: None, wire: crate::http::our_fault() };
        let (life, exchange) = (self.life, self.exchange);
        self.sandbox.with(|state| {
            if state.life == life {
                record_answer(state, exchange, committed, Some(fired), Fate::Delivered);
            }
        });
    }
}

impl Drop for ExchangeGuard {
    fn drop(&mut self) {
        match self.progress {
            Progress::Done => {}
            Progress::Answered => self.fail("the client went away before the whole answer was sent"),
            _ if std::thread::panicking() => self.panicked(),
            Progress::Asked => self.fail("the client went away before it was answered"),
            Progress::Unheard { .. } => {
                self.answer(Fate::Lost);
                self.fail("the client went away before it was answered");
            }
        }
    }
}

/// Records an answer as it leaves, with the headers that it bears.
fn record_answer(
    state: &mut State,
    exchange: u64,
    committed: Committed,
    fault: Option<(&'static str, &str)>,
    fate: Fate,
) -> WireResponse {
    let Committed { reply, mut wire } = committed;
    // A status of 0 says that there is no answer at all, and so no headers either.
    if wire.status != 0 {
        dress(&mut wire, state.clock.now(), fault.map(|(kind, _)| kind));
    }
    let telling = Telling { reply: reply.as_ref(), fault: fault.map(|(_, words)| words), fate };
    let response = record::response(&state.redactor, exchange, &wire, &telling);
    state.open.remove(&exchange);
    state.append(What::Response(response));
    wire
}

/// A client backend's call is one that asks for a server key, unless an install's session came in its place.
fn leg(state: &State, inbound: &Inbound<'_>, contracts: &[Arc<Contract>]) -> Leg {
    let (Some(vendor), Some(operation)) = (inbound.vendor, inbound.operation) else {
        return Leg::BackendToVendor;
    };
    let engine = &state.vendors[vendor].engine;
    let by_session = || sent(inbound).any(|value| engine.is_session(value));
    if operation.asks_for(KeyKind::Server, &contracts[vendor].schemes) && !by_session() {
        Leg::BackendToVendor
    } else {
        Leg::SdkToVendor
    }
}

/// True if the request carries a key, a credential or a session of this sandbox.
fn is_known(state: &State, inbound: &Inbound<'_>) -> bool {
    let Some(vendor) = inbound.vendor.map(|vendor| &state.vendors[vendor]) else { return false };
    let fields = inbound.call.and_then(|call| call.input.as_ref().ok());
    let told = [Field::Credential, Field::InstallId].into_iter().filter_map(|field| fields?.text(&field));
    sent(inbound).chain(told).any(|value| vendor.keys.knows(value) || vendor.engine.knows(value))
}

fn sent<'a>(inbound: &Inbound<'a>) -> impl Iterator<Item = &'a str> {
    let guards = inbound.call.map(|call| call.access.iter().flatten()).into_iter().flatten();
    guards.filter_map(|guard| guard.sent.as_deref())
}

fn is_about_access(reply: &Reply) -> bool {
    reply.name.is_about_key() || reply.name.as_str().starts_with("session_")
}

/// Text that may stand in a header: one line of printable ASCII, not too long.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 500;
    text.chars().take(LONGEST).map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect()
}
