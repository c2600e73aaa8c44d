//! A behaviour under observation: whether it ever decided other than the conforming one, and what its adapter offers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use standin_contracts::contract::{Contract, WireRequest};
use standin_contracts::protocol::{Millis, SdkCommandName, Timestamp};

use super::answer_class::AnswerClass;
use super::behaviour::{ConformingSdk, Recovery, SdkBehaviour};
use super::message::{Request, RetryAfter, VendorAnswer};
use super::stored::{Batch, Item, Session, SignInState, Stored};

/// A behaviour that is compared with the conforming one at each decision.
pub struct Observed {
    behaviour: Arc<dyn SdkBehaviour>,
    /// Whether the adapter has a capability of the reference SDK.
    offers: fn(&str) -> bool,
    fired: AtomicBool,
}

impl Observed {
    /// Observes a behaviour behind an adapter with the capabilities for which `offers` is true.
    pub fn new(behaviour: Arc<dyn SdkBehaviour>, offers: fn(&str) -> bool) -> Self {
        Self { behaviour, offers, fired: AtomicBool::new(false) }
    }

    /// Whether a decision so far differed from what conforms: the fault has shown itself.
    pub fn has_fired(&self) -> bool {
        self.fired.load(Ordering::Relaxed)
    }

    /// The decision of the observed behaviour, compared with what conforms. Each is asked once: a behaviour may remember
    /// what it was asked.
    fn compared<T: PartialEq>(&self, decide: impl Fn(&dyn SdkBehaviour) -> T) -> T {
        let decided = decide(&*self.behaviour);
        if decided != decide(&ConformingSdk) {
            self.fired.store(true, Ordering::Relaxed);
        }
        decided
    }

    /// A change by the observed behaviour, compared with what conforms.
    fn changed<T: PartialEq + Clone>(&self, value: &mut T, change: impl Fn(&dyn SdkBehaviour, &mut T)) {
        *value = self.compared(|behaviour| {
            let mut value = value.clone();
            change(behaviour, &mut value);
            value
        });
    }
}

impl SdkBehaviour for Observed {
    fn offers(&self, capability: &str) -> bool {
        (self.offers)(capability)
    }

    fn sends_credential(&self, end: Option<Timestamp>, device_time: Timestamp) -> bool {
        self.compared(|behaviour| behaviour.sends_credential(end, device_time))
    }

    fn creates_again(&self, answer: Option<&VendorAnswer>, tries: u32) -> bool {
        self.compared(|behaviour| behaviour.creates_again(answer, tries))
    }

    fn shares_creation(&self) -> bool {
        self.compared(SdkBehaviour::shares_creation)
    }

    fn holds_on(&self) -> bool {
        self.compared(SdkBehaviour::holds_on)
    }

    fn tells_failure(&self, answer: Option<&VendorAnswer>) -> bool {
        self.compared(|behaviour| behaviour.tells_failure(answer))
    }

    fn recovery(&self, takes_guests: bool) -> Recovery {
        self.compared(|behaviour| behaviour.recovery(takes_guests))
    }

    fn renews(&self, session: &Session, now: Timestamp) -> bool {
        self.compared(|behaviour| behaviour.renews(session, now))
    }

    fn insists_on_renewal(&self) -> bool {
        self.compared(SdkBehaviour::insists_on_renewal)
    }

    fn shares_refresh(&self) -> bool {
        self.compared(SdkBehaviour::shares_refresh)
    }

    fn class(&self, answer: &VendorAnswer) -> AnswerClass {
        self.compared(|behaviour| behaviour.class(answer))
    }

    fn failures_after_success(&self, before: u32) -> u32 {
        self.compared(|behaviour| behaviour.failures_after_success(before))
    }

    fn pause(&self, own: Millis, told: Option<RetryAfter>) -> Millis {
        self.compared(|behaviour| behaviour.pause(own, told))
    }

    fn jitter(&self, longest: Millis, drawn: u64) -> Millis {
        self.compared(|behaviour| behaviour.jitter(longest, drawn))
    }

    fn repacks(&self) -> bool {
        self.compared(SdkBehaviour::repacks)
    }

    fn renames(&self, in_doubt: bool) -> bool {
        self.compared(|behaviour| behaviour.renames(in_doubt))
    }

    fn fills_up(&self) -> bool {
        self.compared(SdkBehaviour::fills_up)
    }

    fn lets_go(&self, batch: &Batch) -> bool {
        self.compared(|behaviour| behaviour.lets_go(batch))
    }

    fn pack(&self, items: Vec<Item>, most: &dyn Fn(&str) -> usize) -> Vec<Vec<Item>> {
        self.compared(|behaviour| behaviour.pack(items.clone(), most))
    }

    fn workers(&self) -> usize {
        self.compared(SdkBehaviour::workers)
    }

    fn accepts_denied(&self) -> bool {
        self.compared(SdkBehaviour::accepts_denied)
    }

    fn interval(&self, told: Millis) -> Millis {
        self.compared(|behaviour| behaviour.interval(told))
    }

    fn first_round(&self, now: Timestamp, interval: Millis) -> Timestamp {
        self.compared(|behaviour| behaviour.first_round(now, interval))
    }

    fn wakes(&self, is_ours: bool, has_slept: bool) -> bool {
        self.compared(|behaviour| behaviour.wakes(is_ours, has_slept))
    }

    fn stop(&self, stored: &mut Stored) {
        self.changed(stored, SdkBehaviour::stop);
    }

    fn stores(&self, after: Option<SdkCommandName>) -> bool {
        self.compared(|behaviour| behaviour.stores(after))
    }

    fn may_submit(
        &self,
        category: &str,
        permissions: &BTreeMap<String, bool>,
        enabled: &BTreeMap<String, bool>,
    ) -> bool {
        self.compared(|behaviour| behaviour.may_submit(category, permissions, enabled))
    }

    fn may_sync(&self, stored: &Stored) -> bool {
        self.compared(|behaviour| behaviour.may_sync(stored))
    }

    fn is_own(&self, stored: &Stored, device: &str) -> bool {
        self.compared(|behaviour| behaviour.is_own(stored, device))
    }

    fn sign_in_state_while_asking(&self, stands: &SignInState) -> SignInState {
        self.compared(|behaviour| behaviour.sign_in_state_while_asking(stands))
    }

    fn erases_at_reset(&self) -> bool {
        self.compared(SdkBehaviour::erases_at_reset)
    }

    fn edit_request(&self, contract: &Contract, request: &Request, wire: &mut WireRequest) {
        self.changed(wire, |behaviour, wire| behaviour.edit_request(contract, request, wire));
    }

    fn trusts_anybody(&self) -> bool {
        self.compared(SdkBehaviour::trusts_anybody)
    }

    fn follows_redirects(&self) -> bool {
        self.compared(SdkBehaviour::follows_redirects)
    }

    fn wipe(&self, stored: &mut Stored) {
        self.changed(stored, SdkBehaviour::wipe);
    }

    fn timeout(&self) -> Millis {
        self.compared(SdkBehaviour::timeout)
    }
}
