//! A fleet: many installs whose vendor has an outage for all of them at once. Their retries are the load on the
//! vendor afterwards.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use standin_contracts::history::{Event, What};
use standin_contracts::protocol::{CommandName, Millis, Timestamp};
use standin_mock_server::fault::{Fault, Status};
use standin_mock_server::{FaultSpec, When};

use super::device_handle::DeviceHandle;
use super::harness::SdkHarness;
use crate::adapter::Storage;
use crate::driver::Halt;
use crate::report::{FleetReport, Slot};

/// The length of the outage, in multiples of the first pause before a retry.
const OUTAGE: u64 = 30;
/// How long the fleet has to recover after the outage.
const RECOVERY: Millis = Millis::from_secs(3600);
/// The number of slots in the curve, over the outage and what follows.
const SLOTS: u64 = 60;

/// Plays the outage, and reports how the fleet recovered.
pub(crate) async fn play(harness: &SdkHarness, many: usize) -> Result<FleetReport, Halt> {
    harness.begin("fleet").await;
    let mut phones = Vec::new();
    for number in 0..many {
        let phone = harness.install(&format!("phone{number}"), "phone", Storage::New).await?;
        phone.begin(&format!("user{number}")).await?;
        phones.push(phone);
    }
    harness.quiesce().await?;
    let fault = FaultSpec::new(Fault::Status(Status::plain(503))).on(CommandName::SubmitBatch.as_str());
    let down = harness.sandbox().set_fault(fault.when(When::Probability(1.0)));
    let down = down.map_err(|error| Halt::Harness(error.to_string()))?;
    let began = harness.sandbox().now();
    for phone in &phones {
        phone.record_some(1).await?;
        phone.ask_to_sync().await?;
    }
    harness.quiesce().await?;
    let base = harness.contract().facts.sync.backoff_base.value;
    let outage = Millis::new(base.get().saturating_mul(OUTAGE));
    let mut clocks = Clocks::of(harness, &phones).await?;
    clocks.pass(outage).await?;
    harness.sandbox().withdraw_fault(down);
    let healed = harness.sandbox().now();
    clocks.pass(RECOVERY).await?;
    harness.settle().await?;
    Ok(report(harness, many, (began, healed, base)))
}

/// The clocks of many installs. Each is moved on only when its next timer is due: the others catch up at the end.
struct Clocks<'f> {
    harness: &'f SdkHarness,
    phones: &'f [DeviceHandle<'f>],
    /// When each install's next timer is due.
    due: BinaryHeap<Reverse<(Timestamp, usize)>>,
}

impl<'f> Clocks<'f> {
    async fn of(harness: &'f SdkHarness, phones: &'f [DeviceHandle<'f>]) -> Result<Self, Halt> {
        let now = harness.sandbox().now();
        let mut clocks = Self { harness, phones, due: BinaryHeap::new() };
        for place in 0..phones.len() {
            clocks.wait(place, now).await?;
        }
        Ok(clocks)
    }

    /// Moves one clock to a moment, and records when it is due next.
    async fn wait(&mut self, place: usize, to: Timestamp) -> Result<(), Halt> {
        let mounted = &self.phones[place].mounted;
        mounted.catch_up(to).await?;
        mounted.quiesce().await?;
        let next = mounted.next_timer().await?;
        self.due.extend(next.map(|next| Reverse((to.after(next.max(Millis::new(1))), place))));
        Ok(())
    }

    async fn pass(&mut self, span: Millis) -> Result<(), Halt> {
        let end = self.harness.sandbox().now().after(span);
        while let Some(Reverse((due, place))) = self.due.pop() {
            if due > end {
                self.due.push(Reverse((due, place)));
                break;
            }
            self.harness.sandbox().advance(due.since(self.harness.sandbox().now()));
            self.wait(place, due).await?;
        }
        self.harness.sandbox().advance(end.since(self.harness.sandbox().now()));
        for place in 0..self.phones.len() {
            let ahead = self.due.iter().filter(|Reverse((_, other))| *other == place).count();
            self.wait(place, end).await?;
            // An install that was due later still is: a second entry would be a duplicate.
            if ahead > 0 {
                self.forget_double(place);
            }
        }
        Ok(())
    }

    fn forget_double(&mut self, place: usize) {
        let mut seen = false;
        let kept = std::mem::take(&mut self.due).into_sorted_vec().into_iter().rev();
        self.due = kept.filter(|Reverse((_, other))| *other != place || !std::mem::replace(&mut seen, true)).collect();
    }
}

fn report(harness: &SdkHarness, installs: usize, (began, healed, base): (Timestamp, Timestamp, Millis)) -> FleetReport {
    let events = harness.sandbox().history_after(0, usize::MAX);
    let tries = tries(&events, began);
    let first: Vec<u64> = tries.values().filter_map(|own| own.iter().copied().find(|at| *at > 0)).collect();
    let tenths = (0..10).map(|tenth| in_slot(&first, base.get() * tenth / 10, base.get() * (tenth + 1) / 10)).collect();
    let all: Vec<u64> = tries.values().flatten().copied().collect();
    let outage = healed.since(began).get();
    let slot = (2 * outage / SLOTS).max(1);
    let curve =
        (0..SLOTS).map(|nth| Slot { from_ms: nth * slot, requests: in_slot(&all, nth * slot, (nth + 1) * slot) });
    let curve: Vec<Slot> = curve.collect();
    let after = all.iter().filter(|at| **at >= outage);
    let mut seconds: BTreeMap<u64, u64> = BTreeMap::new();
    after.for_each(|at| *seconds.entry((at - outage) / 1000).or_default() += 1);
    let recovered = recovered(&events, healed);
    FleetReport {
        installs: installs as u64,
        outage,
        base_ms: base.get(),
        first_retries: tenths,
        curve,
        peak_after: seconds.values().copied().max().unwrap_or_default(),
        recovered: recovered.len() as u64,
        recovered_ms: recovered.values().copied().max().unwrap_or_default(),
    }
}

/// When each install tried to submit something since the outage began, in milliseconds.
fn tries(events: &[Arc<Event>], began: Timestamp) -> BTreeMap<String, Vec<u64>> {
    let mut tries: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.at >= began) {
        if let What::Request(request) = &event.event
            && request.step.as_ref().is_some_and(|step| step.command == CommandName::SubmitBatch)
            && let Some(install) = &request.install
        {
            tries.entry(install.clone()).or_default().push(event.at.since(began).get());
        }
    }
    tries
}

/// How long after the outage each install first got something through, in milliseconds.
fn recovered(events: &[Arc<Event>], healed: Timestamp) -> BTreeMap<String, u64> {
    let mut asked = BTreeMap::new();
    let mut recovered = BTreeMap::new();
    for event in events.iter().filter(|event| event.at >= healed) {
        match &event.event {
            What::Request(request) => {
                asked.extend(request.install.clone().map(|install| (request.exchange, install)));
            }
            What::Response(response) if response.reply.is_some_and(|reply| !reply.is_refusal()) => {
                if let Some(install) = asked.remove(&response.exchange) {
                    recovered.entry(install).or_insert_with(|| event.at.since(healed).get());
                }
            }
            _ => {}
        }
    }
    recovered
}

fn in_slot(times: &[u64], from: u64, to: u64) -> u64 {
    times.iter().filter(|at| (from..to).contains(*at)).count() as u64
}
