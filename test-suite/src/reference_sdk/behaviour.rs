//! The decisions of an SDK. The defaults conform.

use std::collections::BTreeMap;

use standin_contracts::contract::{Contract, WireRequest};
use standin_contracts::protocol::{Millis, SdkCommandName, Timestamp};

use super::answer_class::AnswerClass;
use super::message::{Request, RetryAfter, VendorAnswer};
use super::stored::{Batch, Item, Session, SignInState, Stored, Syncing};

/// The time limit for an answer of the vendor.
const TIMEOUT: Millis = Millis::from_secs(30);

/// The SDK's reaction to a refused session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// It renews the session.
    Renew,
    /// It signs in again with its last credential or id.
    SignIn,
    /// It signs in as a new guest user.
    Guest,
}

/// The decisions of an SDK. A variant or mutant overrides one of them.
pub trait SdkBehaviour: Send + Sync + 'static {
    /// Whether its adapter has a capability of the reference SDK.
    fn offers(&self, _capability: &str) -> bool {
        true
    }

    /// Whether to send a credential. `_end` is its expiry, if it can be read, and `_device_time` the device's clock.
    /// Only the vendor knows the true time.
    fn sends_credential(&self, _end: Option<Timestamp>, _device_time: Timestamp) -> bool {
        true
    }

    /// Whether to repeat a request for the user without the app, after `_tries` attempts. `_answer` is `None` if no
    /// answer came. By default never: a request without an answer may have redeemed the credential, and only the app
    /// gets a new one.
    fn creates_again(&self, _answer: Option<&VendorAnswer>, _tries: u32) -> bool {
        false
    }

    /// Whether a call for a user that is already being requested shares that request's result.
    fn shares_creation(&self) -> bool {
        true
    }

    /// Whether an install with a user accepts no other user before a reset.
    fn holds_on(&self) -> bool {
        true
    }

    /// Whether the app is told that it did not get its user. `_answer` is `None` if no answer came.
    fn tells_failure(&self, _answer: Option<&VendorAnswer>) -> bool {
        true
    }

    /// The reaction to a refused session. `_takes_guests` says whether the vendor takes users without an account.
    fn recovery(&self, _takes_guests: bool) -> Recovery {
        Recovery::Renew
    }

    /// Whether to renew a session before any other request.
    fn renews(&self, session: &Session, _now: Timestamp) -> bool {
        session.refused
    }

    /// Whether a renewal that was refused is tried again at once.
    fn insists_on_renewal(&self) -> bool {
        false
    }

    /// Whether a session is renewed once for all refused requests together.
    fn shares_refresh(&self) -> bool {
        true
    }

    /// The class of an answer.
    fn class(&self, answer: &VendorAnswer) -> AnswerClass {
        AnswerClass::of(answer)
    }

    /// The number of failures in a row that it counts after a success.
    fn failures_after_success(&self, _before: u32) -> u32 {
        0
    }

    /// The pause before the next try: `own`, or longer if the vendor says so.
    fn pause(&self, own: Millis, told: Option<RetryAfter>) -> Millis {
        told.and_then(RetryAfter::pause).map_or(own, |told| told.max(own))
    }

    /// The SDK's own pause before the next try, from the longest one and a random number.
    fn jitter(&self, longest: Millis, drawn: u64) -> Millis {
        super::rng::up_to(longest, drawn)
    }

    /// Whether the items of a failed batch are packed anew, together with newer ones.
    fn repacks(&self) -> bool {
        false
    }

    /// Whether a batch gets a new id when it is sent again. `_in_doubt` says whether it may have arrived.
    fn renames(&self, _in_doubt: bool) -> bool {
        false
    }

    /// Whether a batch that waits for a retry takes in new items.
    fn fills_up(&self) -> bool {
        false
    }

    /// Whether a batch is deleted that the vendor has accepted.
    fn lets_go(&self, _batch: &Batch) -> bool {
        true
    }

    /// The batches for these items, in order. Each has items of one category, and no more of them than `most` allows
    /// for it.
    fn pack(&self, items: Vec<Item>, most: &dyn Fn(&str) -> usize) -> Vec<Vec<Item>> {
        let mut streams: BTreeMap<String, Vec<Item>> = BTreeMap::new();
        for item in items {
            streams.entry(item.category.clone()).or_default().push(item);
        }
        let parts = streams.iter().flat_map(|(category, items)| items.chunks(most(category)));
        parts.map(<[Item]>::to_vec).collect()
    }

    /// The largest number of batches of a category that are under way at once.
    fn workers(&self) -> usize {
        1
    }

    /// What the app is told of an item in a denied category: whether it was accepted. The item is not kept.
    fn accepts_denied(&self) -> bool {
        false
    }

    /// The interval between syncs, from the one that it was told.
    fn interval(&self, told: Millis) -> Millis {
        told
    }

    /// The time of its first round after it was told to sync.
    fn first_round(&self, now: Timestamp, _interval: Millis) -> Timestamp {
        now
    }

    /// Whether a push begins a round. `is_ours` says whether it is from the vendor, `has_slept` whether no push began
    /// one recently.
    fn wakes(&self, is_ours: bool, has_slept: bool) -> bool {
        is_ours && has_slept
    }

    /// Changes the storage when it is told to stop syncing.
    fn stop(&self, stored: &mut Stored) {
        stored.syncing = Syncing::Stopped;
        stored.next_round = None;
        stored.round_open = false;
    }

    /// Whether a changed storage is saved after a step. `_after` is the command of the step, if there is one.
    fn stores(&self, _after: Option<SdkCommandName>) -> bool {
        true
    }

    /// Whether a category may be recorded and submitted.
    fn may_submit(
        &self,
        category: &str,
        permissions: &BTreeMap<String, bool>,
        enabled: &BTreeMap<String, bool>,
    ) -> bool {
        let allowed = |by: &BTreeMap<String, bool>| by.get(category).copied().unwrap_or(true);
        allowed(permissions) && allowed(enabled)
    }

    /// Whether an install with this storage may submit records.
    fn may_sync(&self, stored: &Stored) -> bool {
        stored.is_signed_in()
    }

    /// Whether the storage belongs to this device. False for a copy from another device.
    fn is_own(&self, stored: &Stored, device: &str) -> bool {
        stored.device == device
    }

    /// The sign-in state while a user is being requested.
    fn sign_in_state_while_asking(&self, stands: &SignInState) -> SignInState {
        stands.clone()
    }

    /// Whether a reset has the vendor erase the user.
    fn erases_at_reset(&self) -> bool {
        false
    }

    /// Edits a request before it is sent.
    fn edit_request(&self, _contract: &Contract, _request: &Request, _wire: &mut WireRequest) {}

    /// Whether it accepts any TLS certificate.
    fn trusts_anybody(&self) -> bool {
        false
    }

    /// Whether it follows redirects.
    fn follows_redirects(&self) -> bool {
        false
    }

    /// Changes the storage at a reset.
    fn wipe(&self, stored: &mut Stored) {
        stored.wipe();
    }

    /// The time limit for an answer.
    fn timeout(&self) -> Millis {
        TIMEOUT
    }
}

/// The behaviour that conforms.
#[derive(Debug)]
pub struct ConformingSdk;

impl SdkBehaviour for ConformingSdk {}
