//! One vendor in a sandbox: what it is made from, and what it has become.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_contracts::contract::{Contract, Secrets};

use crate::engine::{Engine, KeyRing, Policy};
use crate::outbox::{Outbox, Schedule};

/// The server key that a vendor knows unless told otherwise.
pub const SERVER_KEY: &str = "standin-server-key";
/// The client key that a vendor knows unless told otherwise.
pub const CLIENT_KEY: &str = "standin-client-key";

/// The user that a vendor names to receivers unless told otherwise.
pub const WEBHOOK_USER: &str = "standin";
/// The password that a vendor shows to receivers unless told otherwise.
pub const WEBHOOK_PASSWORD: &str = "standin-webhook-password";

/// What a vendor in a sandbox is made from.
#[derive(Debug, Clone)]
pub struct VendorSetup {
    /// Its contract.
    pub contract: Arc<Contract>,
    /// The keys that it gave to its client companies.
    pub keys: KeyRing,
    /// What it signs and checks with.
    pub secrets: Secrets,
}

impl VendorSetup {
    /// A vendor with the well-known keys and secrets.
    pub fn new(contract: Arc<Contract>) -> Self {
        Self { contract, keys: KeyRing::of(SERVER_KEY, CLIENT_KEY), secrets: Secrets::default() }
    }

    /// The vendor's name.
    pub fn name(&self) -> &str {
        &self.contract.vendor
    }
}

/// What a vendor in a sandbox has become.
#[derive(Debug)]
pub(super) struct Vendor {
    pub(super) engine: Engine,
    pub(super) keys: KeyRing,
    pub(super) outbox: Outbox,
    /// How many messages were made for each user, by the label that histories call it.
    messages: BTreeMap<String, u64>,
}

impl Vendor {
    pub(super) fn new(setup: &VendorSetup, seed: u64) -> Self {
        let seed = crate::seed::derive(seed, setup.name());
        let schedule = Schedule { single: !setup.contract.delivers_lists(), ..Schedule::from(&setup.contract.facts) };
        Self {
            engine: Engine::new(Policy::from(&*setup.contract), seed),
            keys: setup.keys.clone(),
            outbox: Outbox::new(schedule),
            messages: BTreeMap::new(),
        }
    }

    /// The id of a user's next message, and the how-manieth it is. A user's ids are in order, so that whoever sorts by them
    /// sorts by age.
    pub(super) fn number_message(&mut self, user: &str, from: &[&[u8]]) -> (String, u64) {
        let nth = self.messages.entry(user.to_owned()).or_default();
        *nth += 1;
        let drawn = crate::seed::mix(&[from, &[user.as_bytes(), &nth.to_le_bytes()]].concat());
        (format!("{nth:08x}{drawn:016x}{:016x}", drawn.rotate_left(29)), *nth)
    }
}
