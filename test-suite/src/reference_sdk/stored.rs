//! What an install keeps: all that has to outlive its process, as plain values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use standin_contracts::protocol::{Field, Fields, Millis, Timestamp};

/// How many redeemed credentials are remembered.
const REMEMBERED: usize = 32;

/// The storage of an install.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// The device on which it was made. A copy on another device is not used.
    pub device: String,
    /// The install's id.
    pub install_id: String,
    /// How many numbers were drawn, so that none is drawn twice.
    pub drawn: u64,
    /// Where the install stands with the vendor.
    pub sign_in_state: SignInState,
    /// The user to whom all that is below belongs.
    pub holder: Option<Holder>,
    /// What its requests carry.
    pub session: Option<Session>,
    /// Digests of the credentials that were sent, whatever became of them.
    pub redeemed: Vec<String>,
    /// What was recorded and is in no batch yet, in order.
    pub queue: Vec<Item>,
    /// What is being submitted, in order.
    pub batches: Vec<Batch>,
    /// Which categories the vendor wants, as far as it said.
    pub enabled: BTreeMap<String, bool>,
    /// What the vendor was told last of the permissions.
    pub reported: BTreeMap<String, bool>,
    /// What it is being told of them.
    pub report: Option<Report>,
    /// Whether to sync.
    pub syncing: Syncing,
    /// How often, if the app said so.
    pub interval: Option<Millis>,
    /// When the next round is due.
    pub next_round: Option<Timestamp>,
    /// True from the beginning of a round until all of it was answered for.
    pub round_open: bool,
    /// How many rounds were begun.
    pub rounds: u64,
    /// When a push began a round last.
    pub last_wake: Option<Timestamp>,
    /// Where pushes reach the app, as it said.
    pub push_token: Option<String>,
    /// What the vendor was told last of that.
    pub told_token: Option<String>,
    /// How many requests failed since one succeeded.
    pub failures: u32,
    /// When the vendor may be asked again.
    pub not_before: Option<Timestamp>,
}

/// Where an install stands with the vendor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignInState {
    /// It has no user.
    #[default]
    SignedOut,
    /// It has one, and a session.
    SignedIn,
    /// It was told to keep quiet, in this word, until its app asks for a user again.
    Silent(String),
}

/// Whether an install syncs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Syncing {
    /// The app has not said.
    #[default]
    NotYet,
    /// From time to time.
    On,
    /// The app told it to stop.
    Stopped,
}

/// The user of an install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The vendor's id, if it tells it.
    pub user_id: Option<String>,
    /// The company's id, where the SDK is told it.
    pub external_id: Option<String>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// What requests carry.
    pub token: String,
    /// What gets a new token, where the vendor has such a thing.
    pub refresh: Option<String>,
    /// When it ends, if the vendor said so.
    pub ends: Option<Timestamp>,
    /// True once the token was refused: it has to be renewed before anything else is asked.
    pub refused: bool,
    /// True from a renewal until the new token was taken once.
    pub renewed: bool,
}

/// Something that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// What kind of data it is.
    pub category: String,
    /// When, by the device's clock.
    pub recorded_at: Timestamp,
}

/// Items of one category that travel together. It never changes: what has to travel otherwise gets a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Its id.
    pub id: String,
    /// The round that it was made for, or, as long as it was never sent, the last one that began.
    pub round: u64,
    /// True once it was sent: from then on it never changes.
    pub sent: bool,
    /// What kind of data it holds.
    pub category: String,
    /// The items.
    pub items: Vec<Item>,
}

/// What the vendor is being told of the permissions. Like a batch, it never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its id, for vendors to whom it is a batch like any other.
    pub id: String,
    /// The round that it was made for.
    pub round: u64,
    /// The permissions.
    pub permissions: BTreeMap<String, bool>,
}

impl Holder {
    /// The user as requests name it.
    pub fn fields(&self) -> Fields {
        let ids = [(Field::UserId, &self.user_id), (Field::ExternalId, &self.external_id)];
        ids.into_iter().filter_map(|(field, id)| Some((field, id.as_deref()?.into()))).collect()
    }
}

impl Stored {
    /// The storage of an install that was just made.
    pub fn new(device: &str) -> Self {
        Self { device: device.to_owned(), ..Self::default() }
    }

    /// Forgets the user and all that is the user's. What was drawn and redeemed stays known, and where pushes reach the app;
    /// the install is a new one to the vendor, which may not have heard that the old one is over.
    pub fn wipe(&mut self) {
        let (drawn, redeemed) = (self.drawn, std::mem::take(&mut self.redeemed));
        let push_token = self.push_token.take();
        *self = Self { drawn, redeemed, push_token, ..Self::new(&self.device) };
    }

    /// True if the user is signed in.
    pub fn is_signed_in(&self) -> bool {
        self.sign_in_state == SignInState::SignedIn && self.session.is_some()
    }

    /// How many items wait or travel.
    pub fn kept(&self) -> usize {
        self.queue.len() + self.batches.iter().map(|batch| batch.items.len()).sum::<usize>()
    }

    /// Every item that waits or travels.
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
