//! The storage of an install: everything that must survive its process, as plain values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use standin_contracts::protocol::{Field, Fields, Millis, Timestamp};

/// The number of redeemed credentials that are remembered.
const REMEMBERED: usize = 32;

/// The storage of an install.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// The id of the device on which it was created. A copy on another device is not used.
    pub device: String,
    /// The install's id.
    pub install_id: String,
    /// The number of random numbers drawn so far, so that none is drawn twice.
    pub drawn: u64,
    /// The sign-in state.
    pub sign_in_state: SignInState,
    /// The user to whom everything below belongs.
    pub holder: Option<Holder>,
    /// The session of its requests.
    pub session: Option<Session>,
    /// Digests of the credentials that were sent, regardless of the result.
    pub redeemed: Vec<String>,
    /// The recorded items that are in no batch yet, in order.
    pub queue: Vec<Item>,
    /// The batches that are being submitted, in order.
    pub batches: Vec<Batch>,
    /// The categories that the vendor wants or does not want, as far as it said.
    pub enabled: BTreeMap<String, bool>,
    /// The permissions that were last reported to the vendor.
    pub reported: BTreeMap<String, bool>,
    /// The report of permissions under way.
    pub report: Option<Report>,
    /// Whether to sync.
    pub syncing: Syncing,
    /// The sync interval that the app has set.
    pub interval: Option<Millis>,
    /// The time of the next round.
    pub next_round: Option<Timestamp>,
    /// Whether a round is open: from its beginning until everything in it is settled.
    pub round_open: bool,
    /// The number of rounds begun.
    pub rounds: u64,
    /// The time of the last push that began a round.
    pub last_wake: Option<Timestamp>,
    /// The push token from the app.
    pub push_token: Option<String>,
    /// The push token that was last registered with the vendor.
    pub told_token: Option<String>,
    /// The number of failed requests since the last success.
    pub failures: u32,
    /// The earliest time of the next request to the vendor.
    pub not_before: Option<Timestamp>,
}

/// The sign-in state of an install.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignInState {
    /// No user.
    #[default]
    SignedOut,
    /// A user with a session.
    SignedIn,
    /// Silent for this reason, until the app asks for a user again.
    Silent(String),
}

/// Whether an install syncs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Syncing {
    /// The app has not said yet.
    #[default]
    NotYet,
    /// It syncs periodically.
    On,
    /// The app has stopped it.
    Stopped,
}

/// The user of an install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The vendor's id, if the vendor tells it.
    pub user_id: Option<String>,
    /// The client company's id, if the SDK is given it.
    pub external_id: Option<String>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The token in its requests.
    pub token: String,
    /// The refresh token, for vendors that have one.
    pub refresh: Option<String>,
    /// The expiry of the session, if the vendor told it.
    pub ends: Option<Timestamp>,
    /// Whether the token was refused, so that it must be renewed before any other request.
    pub refused: bool,
    /// Whether the session was renewed and its new token not accepted yet.
    pub renewed: bool,
}

/// A recorded item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// The category of its data.
    pub category: String,
    /// The time of its recording, by the device's clock.
    pub recorded_at: Timestamp,
}

/// Items of one category that are submitted together. A batch never changes once sent; a change makes a new batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Its id.
    pub id: String,
    /// The round for which it was made. While it is unsent, the last round that began.
    pub round: u64,
    /// Whether it was sent. From then on it never changes.
    pub sent: bool,
    /// Whether it may have arrived, though no answer says so.
    #[serde(default)]
    pub in_doubt: bool,
    /// The category of its items.
    pub category: String,
    /// The items.
    pub items: Vec<Item>,
}

/// A report of permissions under way. Like a batch, it never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its id, for vendors that treat a report as a batch.
    pub id: String,
    /// The round for which it was made.
    pub round: u64,
    /// The permissions.
    pub permissions: BTreeMap<String, bool>,
}

impl Holder {
    /// The user as the fields of a request.
    pub fn fields(&self) -> Fields {
        let ids = [(Field::UserId, &self.user_id), (Field::ExternalId, &self.external_id)];
        ids.into_iter().filter_map(|(field, id)| Some((field, id.as_deref()?.into()))).collect()
    }
}

impl Stored {
    /// The storage of a new install.
    pub fn new(device: &str) -> Self {
        Self { device: device.to_owned(), ..Self::default() }
    }

    /// Forgets the user and all data of the user. The drawn numbers, the redeemed credentials and the push token stay.
    /// The install gets a new id, since the vendor may not have heard of the reset.
    pub fn wipe(&mut self) {
        let (drawn, redeemed) = (self.drawn, std::mem::take(&mut self.redeemed));
        let push_token = self.push_token.take();
        *self = Self { drawn, redeemed, push_token, ..Self::new(&self.device) };
    }

    /// Whether the user is signed in.
    pub fn is_signed_in(&self) -> bool {
        self.sign_in_state == SignInState::SignedIn && self.session.is_some()
    }

    /// The number of items that wait or are being submitted.
    pub fn kept(&self) -> usize {
        self.queue.len() + self.batches.iter().map(|batch| batch.items.len()).sum::<usize>()
    }

    /// All items that wait or are being submitted.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.batches.iter().flat_map(|batch| &batch.items).chain(&self.queue)
    }

    /// Remembers a credential by its digest.
    pub(super) fn remember(&mut self, digest: String) {
        self.redeemed.push(digest);
        let over = self.redeemed.len().saturating_sub(REMEMBERED);
        self.redeemed.drain(..over);
    }
}
