//! The vendor's side of the server: from a request to the answer that the sandbox or a fault gives, whatever carries the two.

use std::sync::Arc;

use standin_contracts::contract::{Contract, Operation, WireRequest, WireResponse};
use standin_contracts::history::Fate;
use standin_contracts::protocol::{Call, Millis};

use super::App;
use super::arrival::Arrived;
use super::incoming::Flaw;
use super::request_address::{self, RequestAddress, RouteError};
use crate::fault::{Act, Fired, Moment, Release};
use crate::sandbox::{Begun, Committed, ExchangeGuard, Routed, Sandbox};

/// The way in which a response leaves.
pub(super) enum Delivery {
    /// Whole, and followed to its last byte.
    Whole(WireResponse, ExchangeGuard),
    /// So many bytes of its body; half of them where nothing is said.
    Cut(WireResponse, Option<usize>),
    /// A byte of its body at a time, until the fault is released or its client is gone.
    Drip(DripBody),
    /// Not at all: the line breaks.
    Broken,
}

/// A response that leaves one byte at a time.
pub(super) struct DripBody {
    pub(super) wire: WireResponse,
    pub(super) every: Millis,
    pub(super) guard: ExchangeGuard,
    pub(super) release: Release,
}

/// Lets the vendor answer a request, or a fault in its place.
pub(super) async fn answer(app: &Arc<App>, arrived: Arrived) -> Delivery {
    let (routed, wire, answer) = route(app, arrived);
    let (wire, guard) = match answer {
        Some(answer) => routed.sandbox.refuse(&routed, wire, answer),
        None => match routed.sandbox.begin(&routed, wire) {
            Begun::Answered(wire, guard) => (wire, guard),
            Begun::Faulted(fired, guard) => return faulted(&routed, fired, guard).await,
        },
    };
    Delivery::Whole(wire, guard)
}

/// Records a request whose body never came whole.
pub(super) fn broken_off(app: &Arc<App>, wire: WireRequest) {
    let (routed, wire, _) = route(app, Arrived { wire, flaw: None });
    routed.sandbox.broken_off(&routed, wire);
}

/// Finds who serves a request and what it asks for. A request that leads nowhere comes with its answer.
fn route(app: &App, arrived: Arrived) -> (Routed<'_>, WireRequest, Option<WireResponse>) {
    let Arrived { mut wire, flaw } = arrived;
    match operation_of(app, &mut wire, flaw) {
        Ok((address, operation, call)) => {
            let (sandbox, claimed) = serving(app, address.sandbox, Some(&call), &[]);
            let RequestAddress { install, vendor, .. } = address;
            let routed = Routed { sandbox, claimed, install, vendor, operation: Some(operation), call: Some(call) };
            (routed, wire, None)
        }
        Err(error) => {
            let RequestAddress { sandbox, install, vendor } = error.address;
            let keys = vendor.map(|vendor| app.contracts[vendor].keys_in(&wire)).unwrap_or_default();
            let keys: Vec<String> = keys.into_iter().map(|(_, key)| key).collect();
            let (sandbox, claimed) = serving(app, sandbox, None, &keys);
            let routed = Routed { sandbox, claimed, install, vendor, operation: None, call: None };
            (routed, wire, Some(error.answer))
        }
    }
}

/// The operation that a request calls, and what it asks; `wire` keeps the path and query that the vendor knows.
fn operation_of<'a>(
    app: &'a App,
    wire: &mut WireRequest,
    flaw: Option<Flaw>,
) -> Result<(RequestAddress, &'a Operation, Call), RouteError> {
    let (address, vendor, target) = RequestAddress::of(app, &wire.target)?;
    wire.target = target;
    // A vendor has words for a body that is too large. The others never reach it.
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

/// The sandbox that serves a request, and whether the request named it or shows what belongs to it.
fn serving(app: &App, named: Option<Sandbox>, call: Option<&Call>, keys: &[String]) -> (Sandbox, bool) {
    match named {
        Some(sandbox) => (sandbox, true),
        None => app.sandboxes.find(call, keys),
    }
}

/// Answers a request that a fault meets. The guard records what becomes of it, also if the client goes away meanwhile.
async fn faulted(routed: &Routed<'_>, mut fired: Fired, mut guard: ExchangeGuard) -> Delivery {
    if fired.act == Act::Hold(Moment::BeforeCommit) {
        fired.release.wait(guard.exchange()).await;
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
    leave(fired, guard).unwrap_or(Delivery::Broken)
}

/// What the client will hear, or would have: from the fault itself, from the vendor, or nothing at all.
fn outcome(routed: &Routed<'_>, fired: &mut Fired, guard: &ExchangeGuard) -> Option<Committed> {
    match &mut fired.act {
        Act::Answer(wire) => Some(Committed::instead(std::mem::take(wire))),
        Act::Reply(reply, wire) => Some(Committed::reply_instead((**reply).clone(), std::mem::take(wire))),
        Act::Reset(Moment::BeforeCommit) | Act::BlackHole => Some(Committed::nothing()),
        _ => routed.sandbox.commit(routed, guard),
    }
}

/// Lets the answer leave as the fault has it; nothing if it doesn't leave at all.
fn leave(fired: Fired, mut guard: ExchangeGuard) -> Option<Delivery> {
    match fired.act {
        Act::Reset(_) | Act::BlackHole => {
            guard.answer(Fate::Lost);
            None
        }
        Act::Cut { keep } => {
            // Without a body there is nothing to cut but the line.
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
