//! How an SDK behaves at each turn. The defaults conform.

use std::collections::BTreeMap;

use standin_contracts::contract::{Contract, WireRequest};
use standin_contracts::protocol::{Millis, Timestamp};

use super::meaning::Meaning;
use super::message::{Answer, Request, RetryAfter};
use super::stored::{Standing, Stored};

/// How long the vendor may take to answer.
const PATIENCE: Millis = Millis::from_secs(30);

/// How an SDK behaves. A variant or mutant overrides the one decision that it takes differently.
pub trait SdkConduct: Send + Sync + 'static {
    /// True if a credential shall be sent, by the end of its life where that can be read from it, and by the device's clock.
    /// Only the vendor knows the time.
    fn sends_credential(&self, _end: Option<Timestamp>, _device_time: Timestamp) -> bool {
        true
    }

    /// True if the same user is asked for again without the app, after so many tries; without an answer if none came. A
    /// credential may have been redeemed by a request that nobody answered, so it takes a new one, which only the app gets.
    fn creates_again(&self, _answer: Option<&Answer>, _tries: u32) -> bool {
        false
    }

    /// True if a session is renewed once, for all requests that were refused.
    fn shares_refresh(&self) -> bool {
        true
    }

    /// What an answer means.
    fn meaning(&self, answer: &Answer) -> Meaning {
        Meaning::of(answer)
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
        super::draws::up_to(longest, drawn)
    }

    /// True if a batch that may have been taken is sent again under its own id.
    fn keeps_batch_id(&self) -> bool {
        true
    }

    /// True if a category may be recorded and brought.
    fn may_bring(
        &self,
        category: &str,
        permissions: &BTreeMap<String, bool>,
        enabled: &BTreeMap<String, bool>,
    ) -> bool {
        let allowed = |by: &BTreeMap<String, bool>| by.get(category).copied().unwrap_or(true);
        allowed(permissions) && allowed(enabled)
    }

    /// True if an install that stands so may bring what it has.
    fn may_sync(&self, stored: &Stored) -> bool {
        stored.is_signed_in()
    }

    /// True if the storage is that of this device, and no copy that was put on it.
    fn is_own(&self, stored: &Stored, device: &str) -> bool {
        stored.device == device
    }

    /// Where the install stands while a user is asked for.
    fn stands_while_asking(&self, stands: &Standing) -> Standing {
        stands.clone()
    }

    /// True if a reset has the user erased.
    fn erases_at_reset(&self) -> bool {
        false
    }

    /// The last word on a request before it leaves.
    fn dress(&self, _contract: &Contract, _request: &Request, _wire: &mut WireRequest) {}

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
    fn patience(&self) -> Millis {
        PATIENCE
    }
}

/// The conduct that conforms.
#[derive(Debug)]
pub struct ConformingSdk;

impl SdkConduct for ConformingSdk {}
