//! How an SDK behaves at each turn. The defaults conform.

use std::collections::BTreeMap;

use standin_contracts::contract::{Contract, WireRequest};
use standin_contracts::protocol::{Millis, SdkCommandName, Timestamp};

use super::answer_class::AnswerClass;
use super::message::{Request, RetryAfter, VendorAnswer};
use super::stored::{Batch, Item, Session, SignInState, Stored, Syncing};

/// How long the vendor may take to answer.
const TIMEOUT: Millis = Millis::from_secs(30);

/// What an SDK makes of a session that the vendor refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// It renews the session.
    Renew,
    /// It signs in once more, with what it signed in with before.
    SignIn,
    /// It signs in as somebody who was never there.
    Guest,
}

/// How a batch travels again that may have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// As it is, under its own id.
    Same,
    /// As it is, under a new id.
    Renamed,
    /// Put together anew, with whatever was recorded since.
    Repacked,
}

/// How an SDK behaves. A variant or mutant overrides the one decision that it takes differently.
pub trait SdkBehaviour: Send + Sync + 'static {
    /// True if a credential shall be sent, by the end of its life where that can be read from it, and by the device's clock.
    /// Only the vendor knows the time.
    fn sends_credential(&self, _end: Option<Timestamp>, _device_time: Timestamp) -> bool {
        true
    }

    /// True if the same user is asked for again without the app, after so many tries; without an answer if none came. A
    /// credential may have been redeemed by a request that nobody answered, so it takes a new one, which only the app gets.
    fn creates_again(&self, _answer: Option<&VendorAnswer>, _tries: u32) -> bool {
        false
    }

    /// True if whoever asks for a user while the same one is being asked for shares what comes of it.
    fn shares_creation(&self) -> bool {
        true
    }

    /// True if an install that has a user takes no other one before a reset.
    fn holds_on(&self) -> bool {
        true
    }

    /// True if the app hears of a user that it didn't get; without an answer if none came.
    fn tells_failure(&self, _answer: Option<&VendorAnswer>) -> bool {
        true
    }

    /// What is made of a session that the vendor refuses.
    fn recovery(&self) -> Recovery {
        Recovery::Renew
    }

    /// True if a session is to be renewed before anything else is asked.
    fn renews(&self, session: &Session, _now: Timestamp) -> bool {
        session.refused
    }

    /// True if a session is renewed once, for all requests that were refused.
    fn shares_refresh(&self) -> bool {
        true
    }

    /// What an answer means.
    fn class(&self, answer: &VendorAnswer) -> AnswerClass {
        AnswerClass::of(answer)
    }

    /// How many failures in a row it counts after a success.
    fn failures_after_success(&self, _before: u32) -> u32 {
        0
    }

    /// How long it waits before the next try: of its own accord for so long, and for no less than the vendor says.
    fn pause(&self, own: Millis, told: Option<RetryAfter>) -> Millis {
        told.and_then(RetryAfter::pause).map_or(own, |told| told.max(own))
    }

    /// Its own wait before the next try, of the longest one and a random number.
    fn jitter(&self, longest: Millis, drawn: u64) -> Millis {
        super::rng::up_to(longest, drawn)
    }

    /// How a batch travels again that may have arrived.
    fn again(&self) -> Again {
        Again::Same
    }

    /// True if a batch that waits for another try takes in what is recorded meanwhile.
    fn fills_up(&self) -> bool {
        false
    }

    /// True if nothing of a batch is kept that the vendor has.
    fn lets_go(&self, _batch: &Batch) -> bool {
        true
    }

    /// What travels together, of all that may travel, and in which order: batches of one category each, with no more items
    /// than `most` says of it.
    fn pack(&self, items: Vec<Item>, most: &dyn Fn(&str) -> usize) -> Vec<Vec<Item>> {
        let mut streams: BTreeMap<String, Vec<Item>> = BTreeMap::new();
        for item in items {
            streams.entry(item.category.clone()).or_default().push(item);
        }
        let parts = streams.iter().flat_map(|(category, items)| items.chunks(most(category)));
        parts.map(<[Item]>::to_vec).collect()
    }

    /// How many batches of a category are under way at once, at most.
    fn workers(&self) -> usize {
        1
    }

    /// What the app is told of an item that its user denied: whether it was accepted. It is not kept.
    fn accepts_denied(&self) -> bool {
        false
    }

    /// How often it syncs, where it was told so.
    fn interval(&self, told: Millis) -> Millis {
        told
    }

    /// When its first round is due after it was told to sync.
    fn first_round(&self, now: Timestamp, _interval: Millis) -> Timestamp {
        now
    }

    /// True if a push begins a round: whether it is the vendor's, and whether none did so of late.
    fn wakes(&self, is_ours: bool, has_slept: bool) -> bool {
        is_ours && has_slept
    }

    /// What it makes of its storage when it is told to sync no more.
    fn stop(&self, stored: &mut Stored) {
        stored.syncing = Syncing::Stopped;
        stored.next_round = None;
        stored.round_open = false;
    }

    /// True if what a step changed is stored, by the command that it was made for, if it was for one.
    fn stores(&self, _after: Option<SdkCommandName>) -> bool {
        true
    }

    /// True if a category may be recorded and submitted.
    fn may_submit(
        &self,
        category: &str,
        permissions: &BTreeMap<String, bool>,
        enabled: &BTreeMap<String, bool>,
    ) -> bool {
        let allowed = |by: &BTreeMap<String, bool>| by.get(category).copied().unwrap_or(true);
        allowed(permissions) && allowed(enabled)
    }

    /// True if an install that stands so may submit what it has.
    fn may_sync(&self, stored: &Stored) -> bool {
        stored.is_signed_in()
    }

    /// True if the storage is that of this device, and no copy that was put on it.
    fn is_own(&self, stored: &Stored, device: &str) -> bool {
        stored.device == device
    }

    /// Where the install stands while a user is asked for.
    fn sign_in_state_while_asking(&self, stands: &SignInState) -> SignInState {
        stands.clone()
    }

    /// True if a reset has the user erased.
    fn erases_at_reset(&self) -> bool {
        false
    }

    /// The last word on a request before it leaves.
    fn edit_request(&self, _contract: &Contract, _request: &Request, _wire: &mut WireRequest) {}

    /// True if it speaks TLS with anybody.
    fn trusts_anybody(&self) -> bool {
        false
    }

    /// True if it goes where the vendor's answer sends it.
    fn follows_redirects(&self) -> bool {
        false
    }

    /// What a reset makes of the storage.
    fn wipe(&self, stored: &mut Stored) {
        stored.wipe();
    }

    /// How long it waits for an answer.
    fn timeout(&self) -> Millis {
        TIMEOUT
    }
}

/// The conduct that conforms.
#[derive(Debug)]
pub struct ConformingSdk;

impl SdkBehaviour for ConformingSdk {}
