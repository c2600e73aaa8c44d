//! The faults that are set in a sandbox, and the choice of the one that fires on a request.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Act, FaultSpec, Scene, When};

/// The number of faults above which the oldest spent fault is forgotten.
const KEPT: usize = 256;

/// The number of a fault, counted from 1 in its sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FaultId(pub u64);

/// A fault that is set, with its counters.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FaultState {
    /// The fault's number.
    pub id: FaultId,
    /// The spec with which the fault was set.
    pub spec: FaultSpec,
    /// The number of requests that matched the spec.
    pub seen: u64,
    /// The number of requests on which the fault fired.
    pub fired: u64,
    /// The number of exchanges that wait for the fault now.
    pub parked: usize,
    /// Whether the fault can't fire any more.
    pub spent: bool,
}

/// A fault that fires on a request.
#[derive(Debug)]
pub(crate) struct Fired {
    pub(crate) id: FaultId,
    pub(crate) kind: &'static str,
    pub(crate) words: String,
    pub(crate) act: Act,
    /// Completes when the fault is released or cleared.
    pub(crate) release: Release,
}

/// The releases of a fault so far.
#[derive(Debug, Clone, Default)]
struct Released {
    /// The number of times that all parked exchanges were released.
    times: u64,
    /// The exchanges that were released one by one.
    exchanges: BTreeSet<u64>,
}

/// Waits until a fault releases an exchange.
#[derive(Debug)]
pub(crate) struct Release {
    released: watch::Receiver<Released>,
    /// The value of `Released::times` when the fault fired.
    times: u64,
}

impl Release {
    fn of(sender: &watch::Sender<Released>) -> Self {
        let released = sender.subscribe();
        let times = released.borrow().times;
        Self { released, times }
    }

    /// Returns once this exchange is released.
    pub(crate) async fn wait(&mut self, exchange: u64) {
        let times = self.times;
        // An error means that the fault was cleared.
        let _ = self.released.wait_for(|now| now.times > times || now.exchanges.contains(&exchange)).await;
    }
}

/// The parts of a request that decide which faults fire.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FaultTarget<'p> {
    pub(crate) scene: Scene<'p>,
    /// The label of the install, if the base URL names one.
    pub(crate) install: Option<&'p str>,
    pub(crate) seed: u64,
    pub(crate) sandbox: &'p str,
}

/// The faults of a sandbox, in the order they were set.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    last_id: u64,
    placed: Vec<ActiveFault>,
    /// The number of requests to each operation so far.
    ordinals: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct ActiveFault {
    id: FaultId,
    spec: FaultSpec,
    seen: u64,
    fired: u64,
    release: watch::Sender<Released>,
}

impl Faults {
    pub(crate) fn set(&mut self, spec: FaultSpec) -> FaultId {
        self.forget_spent();
        self.last_id += 1;
        let id = FaultId(self.last_id);
        self.placed.push(ActiveFault { id, spec, seen: 0, fired: 0, release: watch::Sender::default() });
        id
    }

    /// Releases all exchanges that the fault has parked. Returns the fault's description, or none if there is no such
    /// fault.
    pub(crate) fn release(&self, id: FaultId) -> Option<String> {
        let placed = self.placed.iter().find(|placed| placed.id == id)?;
        placed.release.send_modify(|released| released.times += 1);
        Some(placed.spec.words())
    }

    /// Releases one exchange that the fault has parked. Returns the fault's description, or none if there is no such
    /// fault.
    pub(crate) fn release_one(&self, id: FaultId, exchange: u64) -> Option<String> {
        let placed = self.placed.iter().find(|placed| placed.id == id)?;
        placed.release.send_modify(|released| released.exchanges.extend([exchange]));
        Some(placed.spec.words())
    }

    /// Ends the wait of one exchange, whichever fault has parked it.
    pub(crate) fn let_go(&self, exchange: u64) {
        for placed in &self.placed {
            placed.release.send_modify(|released| released.exchanges.extend([exchange]));
        }
    }

    /// Clears one fault and releases its exchanges. Returns the fault's description, or none if there is no such fault.
    pub(crate) fn withdraw(&mut self, id: FaultId) -> Option<String> {
        let place = self.placed.iter().position(|placed| placed.id == id)?;
        Some(self.placed.remove(place).spec.words())
    }

    /// Clears all faults and releases their exchanges. Returns the faults' descriptions.
    pub(crate) fn clear(&mut self) -> Vec<String> {
        self.placed.drain(..).map(|placed| placed.spec.words()).collect()
    }

    pub(crate) fn states(&self) -> Vec<FaultState> {
        self.placed.iter().map(ActiveFault::state).collect()
    }

    /// The first fault that fires on this request. The request counts for every fault whose spec it matches.
    pub(crate) fn meet(&mut self, place: &FaultTarget<'_>) -> Option<Fired> {
        let ordinal = self.count(place);
        let mut met = None;
        for placed in self.placed.iter_mut().filter(|placed| placed.is_on(place)) {
            placed.seen += 1;
            if met.is_none() && placed.fires(place, ordinal) {
                placed.fired += 1;
                met = Some(placed.fire(place));
            }
        }
        met
    }

    fn count(&mut self, place: &FaultTarget<'_>) -> u64 {
        let operation = &place.scene.operation.id;
        if !self.ordinals.contains_key(operation) {
            self.ordinals.insert(operation.clone(), 0);
        }
        let Some(ordinal) = self.ordinals.get_mut(operation) else { return 0 };
        *ordinal += 1;
        *ordinal
    }

    fn forget_spent(&mut self) {
        if self.placed.len() >= KEPT {
            let idle = |placed: &ActiveFault| placed.is_spent() && placed.release.receiver_count() == 0;
            if let Some(place) = self.placed.iter().position(idle) {
                self.placed.remove(place);
            }
        }
    }
}

impl ActiveFault {
    fn state(&self) -> FaultState {
        FaultState {
            id: self.id,
            spec: self.spec.clone(),
            seen: self.seen,
            fired: self.fired,
            parked: self.release.receiver_count(),
            spent: self.is_spent(),
        }
    }

    fn is_on(&self, place: &FaultTarget<'_>) -> bool {
        let Scene { contract, operation, .. } = place.scene;
        let vendor = self.spec.vendor.as_ref().is_none_or(|vendor| *vendor == contract.vendor);
        let named = |name: &String| *name == operation.id || *name == operation.command.as_str();
        let own = self.spec.install.as_deref().is_none_or(|install| place.install == Some(install));
        vendor && own && self.spec.operation.as_ref().is_none_or(named)
    }

    fn fires(&self, place: &FaultTarget<'_>, ordinal: u64) -> bool {
        match self.spec.when {
            When::Next(count) => self.fired < count,
            When::Nth(number) => self.seen == number,
            When::Probability(probability) => {
                chance(place.seed, place.sandbox, &place.scene.operation.id, ordinal) < probability
            }
        }
    }

    fn is_spent(&self) -> bool {
        match self.spec.when {
            When::Next(count) => self.fired >= count,
            When::Nth(number) => self.seen >= number,
            When::Probability(_) => false,
        }
    }

    fn fire(&self, place: &FaultTarget<'_>) -> Fired {
        Fired {
            id: self.id,
            kind: self.spec.fault.kind(),
            words: self.spec.fault.words(),
            act: self.spec.fault.act(&place.scene),
            release: Release::of(&self.release),
        }
    }
}

/// A number in [0, 1) that depends on these values only: FNV-1a, then the finaliser of SplitMix64.
fn chance(seed: u64, sandbox: &str, operation: &str, ordinal: u64) -> f64 {
    let parts = [&seed.to_le_bytes(), sandbox.as_bytes(), &[0], operation.as_bytes(), &[0], &ordinal.to_le_bytes()];
    (crate::seed::mix(&parts) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_draws_the_same_whatever_else_happens() {
        let draw = |ordinal| chance(7, "default", "authExternal", ordinal);
        let once: Vec<f64> = (1..100).map(draw).collect();
        let again: Vec<f64> = (1..100).rev().map(draw).collect();
        assert!(once.iter().eq(again.iter().rev()));
    }

    #[test]
    fn draws_fill_the_unit_interval_evenly() {
        let below = (0..10_000).filter(|ordinal| chance(1, "s", "op", *ordinal) < 0.25).count();
        assert!((2_300..2_700).contains(&below), "{below}");
    }
}
