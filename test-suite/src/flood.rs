//! The end of a scenario whose subject asks its vendor without pause. The rule about floods judges it; here it is only
//! stopped, so that the run goes on.

use std::collections::BTreeMap;

use standin_contracts::history::{Leg, Subject, What};
use standin_contracts::protocol::{Millis, Timestamp};
use standin_contracts::rules::FLOOD;
use standin_mock_server::clock::Clock;
use standin_mock_server::{ClockStart, Sandbox};

/// The real time in which an SDK that lives in it can't work off so many requests, in microseconds.
const SPAN_US: u64 = 10_000_000;

/// The time without a request that is a pause, for an SDK whose time is moved.
const PAUSE: Millis = Millis::new(20);

/// The same for calls of which no request is heard: several SDKs may make them in turn.
const PAUSE_OF_CALLERS: Millis = Millis::new(2);

/// The requests of one participant since its last pause.
struct Burst {
    /// The last of them.
    at: Timestamp,
    /// Real time, in microseconds.
    began: u64,
    count: usize,
}

/// Who asks the vendor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sender {
    /// An install, by its label.
    Install(String),
    /// The client backend.
    Backend,
    /// Whoever calls a server in the vendor's place, which hears no request that would tell.
    Caller,
}

/// Waits until somebody floods the vendor, where this subject is at work.
pub(crate) async fn flood(sandbox: &Sandbox, subject: Subject) -> Sender {
    let clock = Clock::new(ClockStart::Real);
    let is_moved = !sandbox.is_running();
    let counts_calls = is_moved || subject == Subject::ClientBackend;
    let mut bursts: BTreeMap<Sender, Burst> = BTreeMap::new();
    let mut changed = sandbox.changed();
    let mut last = *changed.borrow_and_update();
    loop {
        if changed.changed().await.is_err() {
            return std::future::pending().await;
        }
        changed.borrow_and_update();
        for event in sandbox.history_after(last, usize::MAX) {
            last = event.seq;
            if is_to_backend(&event.event) {
                bursts.remove(&Sender::Backend);
                bursts.remove(&Sender::Caller);
            }
            let sender = sender(&event.event).filter(|sender| counts_calls || *sender != Sender::Caller);
            let Some(sender) = sender else { continue };
            let now = clock.mono_us();
            let burst = bursts.entry(sender.clone()).or_insert(Burst { at: event.at, began: now, count: 0 });
            let pause = if sender == Sender::Caller { PAUSE_OF_CALLERS } else { PAUSE };
            let is_paused = if is_moved { event.at.since(burst.at) >= pause } else { now - burst.began > SPAN_US };
            if is_paused && sender != Sender::Backend {
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

fn is_to_backend(what: &What) -> bool {
    matches!(what, What::Request(request) if request.leg.is_to_backend())
}

/// Who asked the vendor, or tried to.
fn sender(what: &What) -> Option<Sender> {
    match what {
        What::Request(request) => match (request.leg, &request.install) {
            (Leg::SdkToVendor, Some(install)) => Some(Sender::Install(install.clone())),
            (Leg::BackendToVendor, None) => Some(Sender::Backend),
            _ => None,
        },
        What::Tls(_) => Some(Sender::Caller),
        _ => None,
    }
}
