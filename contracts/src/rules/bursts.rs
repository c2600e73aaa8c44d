//! Bursts: the requests of one participant to its vendor without a pause between them.

use std::collections::BTreeMap;
use std::fmt;

use super::pace::Moment;
use crate::history::{Event, Leg, What};
use crate::protocol::Millis;

/// The time without a request that is a pause, for an SDK whose time is moved: a timer that is due at once is none.
const PAUSE: Millis = Millis::new(20);
/// The same for calls of which no request is heard: several SDKs may make them in turn.
const PAUSE_OF_UNHEARD: Millis = Millis::new(2);
/// The real time, in microseconds, in which an SDK that nobody's clock governs can't work off a flood of requests.
const SPAN_US: u64 = 10_000_000;
/// The number of requests of a burst that are kept.
const KEPT: usize = 20;

/// Who asks the vendor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asker {
    /// An install, by its label.
    Install(String),
    /// The client backend.
    Backend,
    /// Whoever calls a server in the vendor's place, which hears no request that would tell.
    Unheard,
}

impl Asker {
    fn of(what: &What) -> Option<Self> {
        match what {
            What::Request(request) => match (request.leg, &request.install) {
                (Leg::SdkToVendor, Some(install)) => Some(Self::Install(install.clone())),
                (Leg::BackendToVendor, None) => Some(Self::Backend),
                _ => None,
            },
            What::Tls(_) => Some(Self::Unheard),
            _ => None,
        }
    }
}

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Install(label) => write!(f, "the SDK of {label}"),
            Self::Backend => f.write_str("the client backend"),
            Self::Unheard => f.write_str("whoever calls the servers in the vendor's place"),
        }
    }
}

/// The requests of one participant since its last pause.
#[derive(Debug)]
pub struct Burst {
    began: Moment,
    last: Moment,
    /// How many there are.
    pub count: usize,
    /// The places of the first of them.
    pub first: Vec<u64>,
}

impl Burst {
    fn new(now: Moment) -> Self {
        Self { began: now, last: now, count: 0, first: Vec::new() }
    }

    fn add(&mut self, event: &Event) {
        self.last = Moment::of(event);
        self.count += 1;
        if self.first.len() < KEPT {
            self.first.push(event.seq);
        }
    }
}

/// The bursts of all participants. Those of a client backend end only when somebody asks it for something.
#[derive(Debug)]
pub struct Bursts {
    is_moved: bool,
    counts_unheard: bool,
    by_asker: BTreeMap<Asker, Burst>,
}

impl Bursts {
    /// Counts by time that is moved, or else by real time. Calls of which no request is heard count if that is said: where
    /// several SDKs make them in turn in real time, each with short pauses, they look like a burst and are none.
    pub fn new(is_moved: bool, counts_unheard: bool) -> Self {
        Self { is_moved, counts_unheard, by_asker: BTreeMap::new() }
    }

    /// Counts the request of an event, or the try to make one. Returns whose it is, and the burst that it belongs to.
    pub fn observe(&mut self, event: &Event) -> Option<(Asker, &Burst)> {
        if matches!(&event.event, What::Request(request) if request.leg.is_to_backend()) {
            self.by_asker.retain(|asker, _| matches!(asker, Asker::Install(_)));
        }
        let asker = Asker::of(&event.event).filter(|asker| self.counts_unheard || *asker != Asker::Unheard)?;
        let (now, is_moved) = (Moment::of(event), self.is_moved);
        let burst = self.by_asker.entry(asker.clone()).or_insert_with(|| Burst::new(now));
        if asker != Asker::Backend && has_paused(burst, &asker, now, is_moved) {
            *burst = Burst::new(now);
        }
        burst.add(event);
        Some((asker, burst))
    }
}

fn has_paused(burst: &Burst, asker: &Asker, now: Moment, is_moved: bool) -> bool {
    let pause = if *asker == Asker::Unheard { PAUSE_OF_UNHEARD } else { PAUSE };
    if is_moved { now.at.since(burst.last.at) >= pause } else { now.real_us_since(burst.began) > SPAN_US }
}
