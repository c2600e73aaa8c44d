//! One vendor in a sandbox: its setup and its current state.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_contracts::contract::{Contract, Secrets};

use crate::engine::{Engine, KeyRing, Policy};
use crate::outbox::{Outbox, Schedule};

/// The default server key of a vendor.
pub const SERVER_KEY: &str = "standin-server-key";
/// The default client key of a vendor.
pub const CLIENT_KEY: &str = "standin-client-key";

/// The default username that a vendor submits to receivers.
pub const WEBHOOK_USER: &str = "standin";
/// The default password that a vendor submits to receivers.
pub const WEBHOOK_PASSWORD: &str = "standin-webhook-password";

/// The setup of a vendor in a sandbox.
#[derive(Debug, Clone)]
pub struct VendorSetup {
    /// The vendor's contract.
    pub contract: Arc<Contract>,
    /// The keys that the vendor issued to its client companies.
    pub keys: KeyRing,
    /// The secrets that the vendor signs and verifies with.
    pub secrets: Secrets,
}

impl VendorSetup {
    /// A vendor with the default keys and secrets.
    pub fn new(contract: Arc<Contract>) -> Self {
        Self { contract, keys: KeyRing::of(SERVER_KEY, CLIENT_KEY), secrets: Secrets::default() }
    }

    /// The vendor's name.
    pub fn name(&self) -> &str {
        &self.contract.vendor
    }
}

/// The current state of a vendor in a sandbox.
#[derive(Debug)]
pub(super) struct Vendor {
    pub(super) engine: Engine,
    pub(super) keys: KeyRing,
    pub(super) outbox: Outbox,
    /// The number of messages created for each user, by the user's label in histories.
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

    /// The id of a user's next message, and its ordinal. A user's ids sort by age.
    pub(super) fn number_message(&mut self, user: &str, from: &[&[u8]]) -> (String, u64) {
        let nth = self.messages.entry(user.to_owned()).or_default();
        *nth += 1;
        let drawn = crate::seed::mix(&[from, &[user.as_bytes(), &nth.to_le_bytes()]].concat());
        (format!("{nth:08x}{drawn:016x}{:016x}", drawn.rotate_left(29)), *nth)
    }
}
