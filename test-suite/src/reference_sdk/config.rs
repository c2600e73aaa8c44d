//! The fixed data of an SDK: its vendor's contract, and the device on which it is installed.

use std::sync::Arc;

use serde_json::{Map, Value};
use standin_contracts::codec::ClientKeys;
use standin_contracts::contract::{Contract, Operation, SchemeUse, Secrets};
use standin_contracts::protocol::{CommandName, Field, FieldValue, Fields, KeyKind, Millis, MintPolicy, Timestamp};

use crate::adapter::{Device, Setup};

/// The interval between syncs if neither the app nor the contract defines one.
const OWN_INTERVAL: Millis = Millis::from_secs(900);

/// The fixed data of an SDK: what is compiled in, and what it was told at its install.
#[derive(Debug, Clone)]
pub struct SdkConfig {
    contract: Arc<Contract>,
    device: Device,
    app_id: String,
    base: Millis,
    cap: Millis,
}

impl SdkConfig {
    /// The configuration of an install. Waits between retries are those of the setup, or else those of the contract.
    pub fn new(contract: Arc<Contract>, setup: &Setup) -> Self {
        let facts = &contract.facts.sync;
        let told = setup.retry.map(|retry| (Millis::new(retry.base_ms), Millis::new(retry.cap_ms)));
        let (base, cap) = told.unwrap_or((facts.backoff_base.value, facts.backoff_cap.value));
        Self { device: setup.device.clone(), app_id: setup.app_id.clone(), base, cap, contract }
    }

    /// The vendor's contract.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The device's id.
    pub fn device_id(&self) -> &str {
        &self.device.id
    }

    /// The longest wait before the next try after `failures` failures in a row.
    pub fn longest_wait(&self, failures: u32) -> Millis {
        let factor = 1u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX);
        Millis::new(self.base.get().saturating_mul(factor)).min(self.cap)
    }

    /// The interval between syncs, unless the app sets one.
    pub fn interval(&self) -> Millis {
        self.contract.facts.sync.interval.value.0.unwrap_or(OWN_INTERVAL)
    }

    /// Whether users are created with a credential. If so, the SDK never learns the client company's own ids.
    pub fn by_credential(&self) -> bool {
        self.contract.has(CommandName::IssueCredential)
    }

    /// Whether a signed-in user signs in again at each start.
    pub fn signs_in_at_each_start(&self) -> bool {
        self.contract.facts.credential.mint.value == MintPolicy::EachStart
    }

    /// The expiry of a credential, if it can be read from it.
    pub fn end_of(&self, credential: &str) -> Option<Timestamp> {
        self.contract.claims(credential)?.time(&Field::ExpiresAt)
    }

    /// Whether the vendor has an operation for this command that an SDK can call.
    pub fn has(&self, command: CommandName) -> bool {
        self.operations(command).next().is_some()
    }

    /// Whether the vendor accepts this category from such a device.
    pub fn takes(&self, category: &str) -> bool {
        self.submits(category).next().is_some()
    }

    /// The largest number of items of a category in one batch. One if a request body is a single item.
    pub fn most_items(&self, category: &str) -> usize {
        if self.submits(category).any(Operation::submits_one_item) {
            return 1;
        }
        usize::try_from(self.contract.facts.sync.most_items.value).unwrap_or(usize::MAX).max(1)
    }

    /// Whether a push is from the vendor.
    pub fn is_ours(&self, push: &Map<String, Value>) -> bool {
        self.contract.is_push(push)
    }

    /// Whether the vendor creates a user for any client without a credential.
    pub fn takes_guests(&self) -> bool {
        let fields = self.common_fields().with(Field::InstallId, "guest").with(Field::ExternalId, "guest");
        let keys = ClientKeys { client: Some(String::new()), ..ClientKeys::default() };
        let now = Timestamp::from_millis(0);
        self.contract.encode_request(CommandName::CreateUser, &fields, &keys, &Secrets::default(), now).is_ok()
    }

    /// The fields that every request of the install has, where the contract has a place for them.
    pub fn common_fields(&self) -> Fields {
        Fields::new()
            .with(Field::DeviceId, self.device.id.as_str())
            .with(Field::DeviceKind, self.device.kind.as_str())
            .with(Field::Platform, self.device.platform.as_str())
            .with(Field::AppId, self.app_id.as_str())
    }

    fn operations(&self, command: CommandName) -> impl Iterator<Item = &Operation> {
        let schemes = &self.contract.schemes;
        let is_for_sdk = move |operation: &&Operation| {
            let needs_server =
                |uses: &Vec<SchemeUse>| uses.iter().any(|used| schemes[used.scheme].kind == KeyKind::Server);
            operation.command == command
                && (operation.security.is_empty() || !operation.security.iter().all(needs_server))
        };
        self.contract.operations.iter().filter(is_for_sdk)
    }

    fn submits<'t>(&'t self, category: &'t str) -> impl Iterator<Item = &'t Operation> {
        let is_for = move |operation: &&Operation| {
            let implied =
                |field: &Field, own: &str| operation.set.get(field).is_none_or(|value| *value == FieldValue::from(own));
            implied(&Field::Category, category) && implied(&Field::Platform, &self.device.platform)
        };
        self.operations(CommandName::SubmitBatch).filter(is_for)
    }
}
