//! The end of a scenario whose subject asks its vendor without pause. The rule about floods judges it; here it is only
//! stopped, so that the run goes on.

use std::collections::BTreeMap;

use standin_contracts::history::{Leg, Request, What};
use standin_contracts::protocol::{Millis, Timestamp};
use standin_contracts::rules::FLOOD;
use standin_mock_server::clock::Clock;
use standin_mock_server::{ClockStart, Sandbox};

/// The real time in which an SDK that lives in it can't work off so many requests, in microseconds.
const SPAN_US: u64 = 10_000_000;

/// The time without a request that is a pause, for an SDK whose time is moved.
const PAUSE: Millis = Millis::new(20);

/// The requests of one participant since its last pause.
struct Burst {
    /// The last of them.
    at: Timestamp,
    /// Real time, in microseconds.
    began: u64,
    count: usize,
}

/// Waits until somebody floods the vendor. Returns the label of the install, or `None` for the client backend.
pub(crate) async fn flood(sandbox: &Sandbox) -> Option<String> {
    let clock = Clock::new(ClockStart::Real);
    let is_moved = !sandbox.is_running();
    let mut bursts: BTreeMap<Option<String>, Burst> = BTreeMap::new();
    let mut changed = sandbox.changed();
    let mut last = *changed.borrow_and_update();
    loop {
        if changed.changed().await.is_err() {
            return std::future::pending().await;
        }
        changed.borrow_and_update();
        for event in sandbox.history_after(last, usize::MAX) {
            last = event.seq;
            let What::Request(request) = &event.event else { continue };
            if request.leg.is_to_backend() {
                bursts.remove(&None);
            }
            let Some(sender) = sender(request) else { continue };
            let now = clock.mono_us();
            let burst = bursts.entry(sender.clone()).or_insert(Burst { at: event.at, began: now, count: 0 });
            let is_paused = if is_moved { event.at.since(burst.at) >= PAUSE } else { now - burst.began > SPAN_US };
            if is_paused && sender.is_some() {
                *burst = Burst { at: event.at, began: now, count: 0 };
            }
            burst.at = event.at;
            burst.count += 1;
            if burst.count > FLOOD {
                return sender;
            }
        }
    }
}

/// Who sent a request to the vendor: an install, or the client backend.
fn sender(request: &Request) -> Option<Option<String>> {
    match (request.leg, &request.install) {
        (Leg::SdkToVendor, Some(install)) => Some(Some(install.clone())),
        (Leg::BackendToVendor, None) => Some(None),
        _ => None,
    }
}
