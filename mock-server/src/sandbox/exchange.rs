//! One exchange with a vendor: recorded, committed and answered.
//!
//! The lock is held only for what needs one order: the numbers of events and exchanges, the faults, and the engine.
//! Reading, redacting and encoding happen before or after.

use std::sync::Arc;

use standin_contracts::codec::problem;
use standin_contracts::contract::{Contract, Need, Operation, WireRequest, WireResponse, lacking};
use standin_contracts::history::{Fate, Leg, Request, What};
use standin_contracts::protocol::{Call, Field, KeyKind, Reply, ReplyName, Timestamp};

use super::guard::ExchangeGuard;
use super::record::{self, About};
use super::refused_key;
use super::state::{Issued, State};
use super::waiting::Parked;
use super::{Sandbox, VendorSetup};
use crate::engine::Transition;
use crate::fault::{Act, FaultTarget, Fired, Scene};

/// A request to a vendor, with the sandbox that serves it. Without an operation, the request is refused.
#[derive(Debug, Clone)]
pub(crate) struct Routed<'a> {
    pub(crate) sandbox: Sandbox,
    /// Whether the request named its sandbox, or carries a key or token of it.
    pub(crate) claimed: bool,
    /// The label of the install whose base URL was used.
    pub(crate) install: Option<String>,
    /// The vendor's index among those served.
    pub(crate) vendor: Option<usize>,
    pub(crate) operation: Option<&'a Operation>,
    pub(crate) call: Option<Call>,
    /// Whether a browser made it for itself.
    pub(crate) is_browsers: bool,
}

/// The result of beginning an exchange.
pub(crate) enum Begun {
    /// The vendor has answered, and the answer is recorded.
    Answered(WireResponse, ExchangeGuard),
    Faulted(Fired, ExchangeGuard),
}

/// An answer of the vendor, or of a fault in its place, that is not recorded yet.
#[derive(Debug)]
pub(crate) struct Committed {
    pub(crate) reply: Option<Reply>,
    pub(crate) wire: WireResponse,
}

/// The engine's reply, with the labels of the tokens that it issued.
struct Applied {
    reply: Reply,
    issued: Issued,
    now: Timestamp,
}

impl Sandbox {
    /// Records a request. Unless a fault fires, lets the vendor answer and records the answer too.
    pub(crate) fn begin(&self, routed: &Routed<'_>, wire: WireRequest) -> Begun {
        let request = self.redacted(routed, wire);
        let mut guard = ExchangeGuard::new(self);
        let applied = self.with(|state| {
            let exchange = self.record_request(state, routed, request);
            guard.open(state.epoch, exchange);
            match self.fault_met(state, routed) {
                Some(fired) => {
                    let parked = Parked::by(&fired, state.clock.now());
                    state.parked.extend(parked.map(|parked| (exchange, parked)));
                    Err(Box::new(fired))
                }
                None => Ok(self.apply(state, routed)),
            }
        });
        match applied {
            Err(fired) => Begun::Faulted(*fired, guard),
            Ok(applied) => {
                let now = applied.as_ref().map(|applied| applied.now);
                let wire = guard.tell(self.encoded(routed, applied), now);
                Begun::Answered(wire, guard)
            }
        }
    }

    /// Lets the vendor process a request on which a fault fired. None if the sandbox was reset.
    pub(crate) fn commit(&self, routed: &Routed<'_>, guard: &ExchangeGuard) -> Option<Committed> {
        let applied = self.with(|state| guard.is_of(state).then(|| self.apply(state, routed)))?;
        Some(self.encoded(routed, applied))
    }

    /// Records a request that leads to no operation, with the answer that says so.
    pub(crate) fn refuse(
        &self,
        routed: &Routed<'_>,
        wire: WireRequest,
        answer: WireResponse,
    ) -> (WireResponse, ExchangeGuard) {
        let request = self.redacted(routed, wire);
        let mut guard = ExchangeGuard::new(self);
        self.with(|state| guard.open(state.epoch, self.record_request(state, routed, request)));
        (guard.tell(Committed { reply: None, wire: answer }, None), guard)
    }

    /// Records a request whose body was never complete.
    pub(crate) fn broken_off(&self, routed: &Routed<'_>, wire: WireRequest) {
        let request = self.redacted(routed, wire);
        self.with(|state| {
            let exchange = self.record_request(state, routed, request);
            state.close(exchange);
            let why = "the client went away before its whole request had come".to_owned();
            state.append(What::SendFailed { exchange, why, unreached: false });
        });
    }

    /// The request as the history keeps it, without its number and leg.
    fn redacted(&self, routed: &Routed<'_>, wire: WireRequest) -> Request {
        let setup = routed.vendor.map(|vendor| &self.inner.setup.vendors[vendor]);
        let step = match (setup, routed.operation, &routed.call) {
            (Some(setup), Some(operation), Some(call)) => Some(setup.contract.step(operation, call)),
            _ => None,
        };
        let vendor = setup.map(VendorSetup::name);
        let about = About { leg: Leg::BackendToVendor, vendor, operation: routed.operation, step, intent: None };
        let redactor = self.inner.redactor.read();
        let install = routed.install.as_deref().map(|label| redactor.text(label).0.into_owned());
        Request { install, ..record::request(&redactor, about, wire) }
    }

    fn record_request(&self, state: &mut State, routed: &Routed<'_>, mut request: Request) -> u64 {
        request.leg = leg(state, routed, &self.inner.contracts);
        if !routed.claimed && !routed.is_browsers && !is_known(state, routed) {
            state.unclaimed += 1;
        }
        request.exchange = state.next_exchange(request.leg, request.install.as_deref());
        let exchange = request.exchange;
        state.append(What::Request(request.into()));
        exchange
    }

    fn fault_met(&self, state: &mut State, routed: &Routed<'_>) -> Option<Fired> {
        let contract = &self.inner.contracts[routed.vendor?];
        let operation = routed.operation?;
        let scene = Scene { contract, operation, now: state.clock.now() };
        let install = routed.install.as_deref();
        let fired = state.faults.meet(&FaultTarget { scene, install, seed: self.seed(), sandbox: self.name() })?;
        let reply = match &fired.act {
            Act::Reply(reply, _) => Some(reply.name),
            _ => None,
        };
        state.coverage.note_fault(operation.command, fired.kind, reply);
        Some(fired)
    }

    fn apply(&self, state: &mut State, routed: &Routed<'_>) -> Option<Applied> {
        let (place, call) = (routed.vendor?, routed.call.as_ref()?);
        let setup = &self.inner.setup.vendors[place];
        let vendor = &mut state.vendors[place];
        let mint = |random, fields: &_| setup.contract.mint(random, fields, &setup.secrets);
        let now = state.clock.now();
        let from = vendor.engine.install_status(now, call);
        let reply = vendor.engine.apply(now, &vendor.keys, call, &mint);
        let to = vendor.engine.install_status_after(now, call, &reply);
        state.coverage.note_transition(Transition { from, command: call.command, reply: reply.name, to });
        let issued = state.number(&reply);
        Some(Applied { reply, issued, now })
    }

    /// The encoded answer. Its tokens are known from here on, before a client can read them.
    fn encoded(&self, routed: &Routed<'_>, applied: Option<Applied>) -> Committed {
        let (Some(applied), Some(place), Some(operation)) = (applied, routed.vendor, routed.operation) else {
            let wire = problem(404, "no such operation", "the request was not understood");
            return Committed { reply: None, wire };
        };
        let reply = applied.reply;
        self.note_tokens(&reply, &applied.issued);
        let mut wire = self.inner.contracts[place].encode_reply(operation, &reply);
        let expected = routed.call.as_ref().and_then(|call| self.expected(place, operation, call, reply.name));
        wire.headers.extend(expected.map(|expected| ("standin-expected".to_owned(), one_line(&expected))));
        Committed { reply: Some(reply), wire }
    }

    /// What a request that was refused for its keys, its session or its form should have been, in words.
    fn expected(&self, place: usize, operation: &Operation, call: &Call, reply: ReplyName) -> Option<String> {
        match &call.input {
            Err(malformed) if reply == malformed.reply() => Some(malformed.to_string()),
            _ if reply == ReplyName::Malformed => self.lacks(place, call),
            _ => refused_key::words(&self.inner.contracts[place], operation, reply),
        }
    }

    /// What a request that the contract lets through lacks for its command, in words.
    fn lacks(&self, place: usize, call: &Call) -> Option<String> {
        let fields = call.input.as_ref().ok()?;
        let dedupe = self.inner.contracts[place].facts.sync.dedupe.value;
        let has = |need: &Need| match need {
            Need::Session => {
                call.access.iter().flatten().any(|guard| guard.kind == KeyKind::Session && guard.sent.is_some())
            }
            Need::Field(Field::ItemId) => {
                fields.list(&Field::Items).iter().all(|item| item.text(&Field::ItemId).is_some())
            }
            Need::Field(field) => fields.text(field).is_some(),
        };
        lacking(call.command, dedupe, has)
    }

    fn note_tokens(&self, reply: &Reply, issued: &Issued) {
        let labels = [
            (Field::Credential, &issued.credential),
            (Field::Session, &issued.session),
            (Field::Refresh, &issued.refresh),
        ];
        for (field, label) in labels {
            let (Some(token), Some(label)) = (reply.fields.text(&field), label) else { continue };
            self.inner.redactor.write().issue(token, label);
            if let Some(index) = &self.inner.index {
                index.note(token, self.name());
            }
        }
    }
}

/// The leg of an exchange. An operation that asks for a server key is called by a client backend, unless the request
/// carries a session instead.
fn leg(state: &State, routed: &Routed<'_>, contracts: &[Arc<Contract>]) -> Leg {
    if routed.is_browsers {
        return Leg::BrowserToVendor;
    }
    let (Some(vendor), Some(operation)) = (routed.vendor, routed.operation) else {
        return Leg::BackendToVendor;
    };
    let engine = &state.vendors[vendor].engine;
    let by_session = || sent(routed).any(|value| engine.is_session(value));
    if operation.asks_for(KeyKind::Server, &contracts[vendor].schemes) && !by_session() {
        Leg::BackendToVendor
    } else {
        Leg::SdkToVendor
    }
}

/// Whether the request carries a key, a credential, a session or a refresh token of this sandbox.
fn is_known(state: &State, routed: &Routed<'_>) -> bool {
    let Some(vendor) = routed.vendor.map(|vendor| &state.vendors[vendor]) else { return false };
    let fields = routed.call.as_ref().and_then(|call| call.input.as_ref().ok());
    let told =
        [Field::Credential, Field::Refresh, Field::InstallId].into_iter().filter_map(|field| fields?.text(&field));
    sent(routed).chain(told).any(|value| vendor.keys.knows(value) || vendor.engine.knows(value))
}

fn sent<'a>(routed: &'a Routed<'_>) -> impl Iterator<Item = &'a str> {
    let guards = routed.call.as_ref().map(|call| call.access.iter().flatten()).into_iter().flatten();
    guards.filter_map(|guard| guard.sent.as_deref())
}

/// Text made fit for a header: one line of printable ASCII, up to the longest length.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 500;
    text.chars().take(LONGEST).map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect()
}

impl Committed {
    /// No answer, and nothing processed.
    pub(crate) fn nothing() -> Self {
        Self { reply: None, wire: WireResponse::default() }
    }

    /// An answer in the vendor's place that is no known reply of the protocol.
    pub(crate) fn instead(wire: WireResponse) -> Self {
        Self { reply: None, wire }
    }

    /// An answer in the vendor's place that is a known reply of the protocol.
    pub(crate) fn reply_instead(reply: Reply, wire: WireResponse) -> Self {
        Self { reply: Some(reply), wire }
    }

    /// Whether there is an answer. A status of 0 stands for none.
    pub(super) fn is_answer(&self) -> bool {
        self.wire.status != 0
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Leaving<'a> {
    pub(super) fault: Option<(&'static str, &'a str)>,
    pub(super) fate: Fate,
}
