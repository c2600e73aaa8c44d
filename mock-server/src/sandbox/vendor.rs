//! One vendor in a sandbox: what it is made from, and what it has become.

use std::sync::Arc;

use standin_contracts::contract::{Contract, Secrets};

use crate::engine::{Engine, KeyRing, Policy};

/// The server key that a vendor knows unless told otherwise.
pub const SERVER_KEY: &str = "standin-server-key";
/// The client key that a vendor knows unless told otherwise.
pub const CLIENT_KEY: &str = "standin-client-key";

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
}

impl Vendor {
    pub(super) fn new(setup: &VendorSetup, seed: u64) -> Self {
        let seed = crate::seed::derive(seed, setup.name());
        Self { engine: Engine::new(Policy::from(&*setup.contract), seed), keys: setup.keys.clone() }
    }
}
