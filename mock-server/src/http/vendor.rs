//! The vendor's side of the server: from a request to the answer that the sandbox or a fault gives, whatever carries the two.

use std::sync::Arc;

use standin_contracts::contract::{Contract, Operation, WireRequest, WireResponse};
use standin_contracts::history::Fate;
use standin_contracts::protocol::{Call, Millis};

use super::App;
use super::aim::{self, Aim, Astray};
use super::arrival::Arrived;
use super::incoming::Flaw;
use crate::fault::{Act, Fired, Moment, Release};
use crate::sandbox::{Begun, Committed, ExchangeGuard, Found, Inbound, Sandbox};

/// A request that is understood: where it goes and what it asks.
struct Understood<'a> {
    found: Found,
    install: Option<String>,
    vendor: usize,
    operation: &'a Operation,
    call: Call,
}

/// A request that leads nowhere, with the answer that says so.
struct Refused {
    whence: Whence,
    wire: WireRequest,
    answer: WireResponse,
}

/// Whose request it is, as far as that is known.
struct Whence {
    found: Found,
    install: Option<String>,
    vendor: Option<usize>,
}

impl Understood<'_> {
    fn inbound(&self) -> Inbound<'_> {
        Inbound {
            vendor: Some(self.vendor),
            operation: Some(self.operation),
            call: Some(&self.call),
            install: self.install.as_deref(),
            claimed: self.found.claimed,
        }
    }
}

impl Whence {
    fn inbound(&self) -> Inbound<'_> {
        let install = self.install.as_deref();
        Inbound { vendor: self.vendor, operation: None, call: None, install, claimed: self.found.claimed }
    }
}

/// How the answer to a request leaves.
pub(super) enum Departure {
    /// Whole, and followed to its last byte.
    Whole(WireResponse, ExchangeGuard),
    /// So many bytes of its body; half of them where nothing is said.
    Cut(WireResponse, Option<usize>),
    /// A byte of its body at a time, until the fault is released or its client is gone.
    Drip(Drops),
    /// Not at all: the line breaks.
    Broken,
}

/// An answer that drips.
pub(super) struct Drops {
    pub(super) wire: WireResponse,
    /// How long each byte takes.
    pub(super) every: Millis,
    pub(super) guard: ExchangeGuard,
    pub(super) release: Release,
}

/// Lets the vendor answer a request, or a fault in its place.
pub(super) async fn answer(app: &Arc<App>, arrived: Arrived) -> Departure {
    let (wire, guard) = match understand(app, arrived) {
        Err(refused) => refuse(*refused),
        Ok((asked, wire)) => match asked.found.sandbox.begin(&asked.inbound(), wire) {
            Begun::Answered(wire, guard) => (wire, guard),
            Begun::Faulted(fired, guard) => return faulted(&asked, fired, guard).await,
        },
    };
    Departure::Whole(wire, guard)
}

/// Records a request whose body never came whole.
pub(super) fn broken_off(app: &Arc<App>, wire: WireRequest) {
    match understand(app, Arrived { wire, flaw: None }) {
        Ok((asked, wire)) => asked.found.sandbox.broken_off(&asked.inbound(), wire),
        Err(refused) => {
            let Refused { whence, wire, .. } = *refused;
            whence.found.sandbox.broken_off(&whence.inbound(), wire);
        }
    }
}

fn refuse(Refused { whence, wire, answer }: Refused) -> (WireResponse, ExchangeGuard) {
    whence.found.sandbox.refuse(&whence.inbound(), wire, answer)
}

fn understand(app: &App, arrived: Arrived) -> Result<(Understood<'_>, WireRequest), Box<Refused>> {
    let Arrived { mut wire, flaw } = arrived;
    let Aim { sandbox, install, vendor, target } = match aim::aim(app, &wire.target) {
        Ok(aim) => aim,
        Err(astray) => return Err(Box::new(stray(app, wire, astray))),
    };
    wire.target = target;
    // A vendor has words for a body that is too large. The others never reach it.
    if let Some(flaw @ (Flaw::Late | Flaw::Garbled | Flaw::Broken)) = flaw {
        let answer = flaw.answer(&app.limits);
        return Err(Box::new(stray(app, wire, Astray { sandbox, install, vendor: Some(vendor), answer })));
    }
    let too_large = flaw.map(|_| app.limits.body);
    let contract: &Contract = &app.contracts[vendor];
    let (operation, parameters) = match aim::operation(contract, &wire) {
        Ok(found) => found,
        Err(answer) => {
            return Err(Box::new(stray(app, wire, Astray { sandbox, install, vendor: Some(vendor), answer })));
        }
    };
    let call = contract.decode_request(operation, &parameters, &wire, too_large, &app.secrets[vendor]);
    let found = found(app, sandbox, Some(&call), &[]);
    Ok((Understood { found, install, vendor, operation, call }, wire))
}

fn stray(app: &App, wire: WireRequest, astray: Astray) -> Refused {
    let keys: Vec<String> = astray
        .vendor
        .map(|vendor| app.contracts[vendor].keys_in(&wire).into_iter().map(|(_, key)| key).collect())
        .unwrap_or_default();
    let found = found(app, astray.sandbox, None, &keys);
    let whence = Whence { found, install: astray.install, vendor: astray.vendor };
    Refused { whence, wire, answer: astray.answer }
}

fn found(app: &App, named: Option<Sandbox>, call: Option<&Call>, keys: &[String]) -> Found {
    match named {
        Some(sandbox) => Found { sandbox, claimed: true },
        None => app.sandboxes.find(call, keys),
    }
}

/// Answers a request that a fault meets. The guard records what becomes of it, also if the client goes away meanwhile.
async fn faulted(asked: &Understood<'_>, mut fired: Fired, mut guard: ExchangeGuard) -> Departure {
    if fired.act == Act::Hold(Moment::BeforeCommit) {
        fired.release.wait(guard.exchange()).await;
    }
    let Some(committed) = outcome(asked, &mut fired, &guard) else { return Departure::Broken };
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
    leave(fired, guard).unwrap_or(Departure::Broken)
}

/// What the client will hear, or would have: from the fault itself, from the vendor, or nothing at all.
fn outcome(asked: &Understood<'_>, fired: &mut Fired, guard: &ExchangeGuard) -> Option<Committed> {
    match &mut fired.act {
        Act::Answer(wire) => Some(Committed::instead(std::mem::take(wire))),
        Act::Reply(reply, wire) => Some(Committed::reply_instead((**reply).clone(), std::mem::take(wire))),
        Act::Reset(Moment::BeforeCommit) | Act::BlackHole => Some(Committed::nothing()),
        _ => asked.found.sandbox.commit(&asked.inbound(), guard),
    }
}

/// Lets the answer leave as the fault has it; nothing if it doesn't leave at all.
fn leave(fired: Fired, mut guard: ExchangeGuard) -> Option<Departure> {
    match fired.act {
        Act::Reset(_) | Act::BlackHole => {
            guard.answer(Fate::Lost);
            None
        }
        Act::Cut { keep } => {
            // Without a body there is nothing to cut but the line.
            let wire = guard.answer(Fate::Cut).filter(|wire| !wire.body.is_empty())?;
            Some(Departure::Cut(wire, keep))
        }
        Act::Drip(every) => {
            let wire = guard.begin_answer()?;
            Some(Departure::Drip(Drops { wire, every, guard, release: fired.release }))
        }
        _ => Some(Departure::Whole(guard.answer(Fate::Delivered)?, guard)),
    }
}
