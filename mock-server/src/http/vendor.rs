//! Vendor routes: from a request to the answer of the sandbox or of a fault, over a socket or in process.

use std::sync::Arc;

use standin_contracts::contract::{Contract, Operation, WireRequest, WireResponse};
use standin_contracts::history::Fate;
use standin_contracts::protocol::{Call, Millis};

use super::App;
use super::arrival::Arrived;
use super::browser;
use super::incoming::Flaw;
use super::request_address::{self, RequestAddress, RouteError};
use crate::fault::{Act, Fired, Moment, Release};
use crate::sandbox::{Begun, Committed, ExchangeGuard, Routed, Sandbox};

/// The way in which a response is sent.
pub(super) enum Delivery {
    /// Sent whole, and followed to its last byte.
    Whole(WireResponse, ExchangeGuard),
    /// Truncated: this many bytes of the body are sent, or half of them if none.
    Cut(WireResponse, Option<usize>),
    /// Sent one byte at a time, until the fault is released or the client disconnects.
    Drip(DripBody),
    /// Not sent: the connection breaks.
    Broken,
}

impl Delivery {
    /// Adds header fields to the response, if there is one.
    fn with(mut self, headers: Vec<(String, String)>) -> Self {
        match &mut self {
            Self::Whole(wire, _) | Self::Cut(wire, _) => wire.headers.extend(headers),
            Self::Drip(body) => body.wire.headers.extend(headers),
            Self::Broken => {}
        }
        self
    }
}

/// A response that is sent one byte at a time.
pub(super) struct DripBody {
    pub(super) wire: WireResponse,
    pub(super) every: Millis,
    pub(super) guard: ExchangeGuard,
    pub(super) release: Release,
}

/// Returns the answer of the vendor, or of a fault in its place.
pub(super) async fn answer(app: &Arc<App>, arrived: Arrived) -> Delivery {
    let (routed, wire, answer) = route(app, arrived);
    let readable = routed.vendor.map(|vendor| browser::readable(&app.contracts[vendor], &wire)).unwrap_or_default();
    delivery(&routed, wire, answer).await.with(readable)
}

async fn delivery(routed: &Routed<'_>, wire: WireRequest, answer: Option<WireResponse>) -> Delivery {
    let (wire, guard) = match answer {
        Some(answer) => routed.sandbox.refuse(routed, wire, answer),
        None => match routed.sandbox.begin(routed, wire) {
            Begun::Answered(wire, guard) => (wire, guard),
            Begun::Faulted(fired, guard) => return faulted(routed, fired, guard).await,
        },
    };
    Delivery::Whole(wire, guard)
}

/// Records a request whose body was never complete.
pub(super) fn broken_off(app: &Arc<App>, wire: WireRequest) {
    let (routed, wire, _) = route(app, Arrived { wire, flaw: None });
    routed.sandbox.broken_off(&routed, wire);
}

/// Finds the sandbox and the operation of a request. A request that leads to no operation comes with its answer.
fn route(app: &App, arrived: Arrived) -> (Routed<'_>, WireRequest, Option<WireResponse>) {
    let Arrived { mut wire, flaw } = arrived;
    // In a run all that comes is the subject's.
    let has_people = app.admin.is_some();
    let is_shown = has_people && browser::is_shown(&wire);
    match operation_of(app, &mut wire, flaw) {
        Ok((address, operation, call)) => {
            let (sandbox, claimed) = serving(app, address.sandbox, Some(&call), &[]);
            let RequestAddress { install, vendor, .. } = address;
            let (operation, call, is_browsers) = (Some(operation), Some(call), is_shown);
            (Routed { sandbox, claimed, install, vendor, operation, call, is_browsers }, wire, None)
        }
        Err(error) => {
            let RequestAddress { sandbox, install, vendor } = error.address;
            let preflight = vendor.and_then(|vendor| browser::preflight(&app.contracts[vendor], &wire));
            let is_own = browser::is_preflight(&wire) || browser::is_icon(&wire);
            let is_browsers = preflight.is_some() || is_shown || has_people && is_own;
            let keys = vendor.map(|vendor| app.contracts[vendor].keys_in(&wire)).unwrap_or_default();
            let keys: Vec<String> = keys.into_iter().map(|(_, key)| key).collect();
            let (sandbox, claimed) = serving(app, sandbox, None, &keys);
            let routed = Routed { sandbox, claimed, install, vendor, operation: None, call: None, is_browsers };
            (routed, wire, Some(preflight.unwrap_or(error.answer)))
        }
    }
}

/// The address, the operation and the decoded call of a request. Reduces the target in `wire` to the path and query
/// that the vendor knows.
fn operation_of<'a>(
    app: &'a App,
    wire: &mut WireRequest,
    flaw: Option<Flaw>,
) -> Result<(RequestAddress, &'a Operation, Call), RouteError> {
    let (address, vendor, target) = RequestAddress::of(app, &wire.target)?;
    wire.target = target;
    // A contract may have an answer to a body that is too large. Requests with the other flaws never reach the vendor.
    if let Some(flaw @ (Flaw::Late | Flaw::Malformed | Flaw::Broken)) = flaw {
        return Err(RouteError { answer: flaw.answer(&app.limits), address });
    }
    let too_large = flaw.map(|_| app.limits.body);
    let contract: &Contract = &app.contracts[vendor];
    match request_address::operation(contract, wire) {
        Ok((operation, parameters)) => {
            let call = contract.decode_request(operation, &parameters, wire, too_large, &app.secrets[vendor]);
            Ok((address, operation, call))
        }
        Err(answer) => Err(RouteError { address, answer }),
    }
}

/// The sandbox that serves a request, and whether the request named it or carries a key or token of it.
fn serving(app: &App, named: Option<Sandbox>, call: Option<&Call>, keys: &[String]) -> (Sandbox, bool) {
    match named {
        Some(sandbox) => (sandbox, true),
        None => app.sandboxes.find(call, keys),
    }
}

/// Answers a request on which a fault fires. The guard records the result, even if the client disconnects first.
async fn faulted(routed: &Routed<'_>, mut fired: Fired, mut guard: ExchangeGuard) -> Delivery {
    if fired.act == Act::Hold(Moment::BeforeCommit) {
        fired.release.wait(guard.exchange()).await;
        if guard.is_abandoned() {
            return Delivery::Broken;
        }
    }
    let Some(committed) = outcome(routed, &mut fired, &guard) else { return Delivery::Broken };
    guard.keep(committed, &fired);
    match fired.act {
        Act::Hold(Moment::AfterCommit) | Act::BlackHole => {
            fired.release.wait(guard.exchange()).await;
        }
        Act::Delay(_) => {
            tokio::select! {
                biased;
                () = guard.wait_parked() => {}
                () = fired.release.wait(guard.exchange()) => {}
            }
        }
        _ => {}
    }
    if guard.is_abandoned() {
        return Delivery::Broken;
    }
    leave(fired, guard).unwrap_or(Delivery::Broken)
}

/// The answer of the fault or of the vendor, or no answer. None if the sandbox was reset.
fn outcome(routed: &Routed<'_>, fired: &mut Fired, guard: &ExchangeGuard) -> Option<Committed> {
    match &mut fired.act {
        Act::Answer(wire) => Some(Committed::instead(std::mem::take(wire))),
        Act::Reply(reply, wire) => Some(Committed::reply_instead((**reply).clone(), std::mem::take(wire))),
        Act::Reset(Moment::BeforeCommit) | Act::BlackHole => Some(Committed::nothing()),
        _ => routed.sandbox.commit(routed, guard),
    }
}

/// Records the answer as the fault changes it. None if nothing is sent.
fn leave(fired: Fired, mut guard: ExchangeGuard) -> Option<Delivery> {
    match fired.act {
        Act::Reset(_) | Act::BlackHole => {
            guard.answer(Fate::Lost);
            None
        }
        Act::Cut { keep } => {
            // An empty body can't be truncated: the connection breaks instead.
            let wire = guard.answer(Fate::Cut).filter(|wire| !wire.body.is_empty())?;
            Some(Delivery::Cut(wire, keep))
        }
        Act::Drip(every) => {
            let wire = guard.begin_answer()?;
            Some(Delivery::Drip(DripBody { wire, every, guard, release: fired.release }))
        }
        _ => Some(Delivery::Whole(guard.answer(Fate::Delivered)?, guard)),
    }
}
