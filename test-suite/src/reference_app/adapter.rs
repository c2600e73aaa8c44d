//! The reference app as an adapter: its installs, and their storage besides the SDK's.

use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use standin_contracts::contract::Contract;
use standin_contracts::protocol::{CommandName, SdkCommandName};
use standin_mock_server::Sandbox;

use super::backend::Backend;
use super::behaviour::AppBehaviour;
use super::install::AppInstall;
use super::stored::AppStored;
use crate::adapter::{About, Adapter, AdapterError, Install, Kind, Setup, Storage};
use crate::network::Network;
use crate::reference_sdk::ReferenceSdk;

/// The optional commands of the app, alike for every vendor.
const COMMANDS: &[SdkCommandName] = &[
    SdkCommandName::Open,
    SdkCommandName::StartProcess,
    SdkCommandName::LogIn,
    SdkCommandName::LogOut,
    SdkCommandName::ReceivePush,
    SdkCommandName::Grant,
    SdkCommandName::Network,
    SdkCommandName::DeviceClock,
    SdkCommandName::Advance,
    SdkCommandName::Quiesce,
    SdkCommandName::State,
];

const SEEN: &[SdkCommandName] = &[
    SdkCommandName::Init,
    SdkCommandName::AskPermissions,
    SdkCommandName::CreateUser,
    SdkCommandName::Reset,
    SdkCommandName::StartSync,
    SdkCommandName::StopSync,
    SdkCommandName::SetInterval,
    SdkCommandName::ForwardPush,
    SdkCommandName::PushToken,
];

/// A conforming app of the contract's vendor, or one with another behaviour.
#[derive(Clone)]
pub struct ReferenceApp {
    sdk: ReferenceSdk,
    contract: Arc<Contract>,
    behaviour: Arc<dyn AppBehaviour>,
    stores: Arc<Stores>,
    /// What replaces sockets.
    network: Option<Network>,
}

/// The stored state of all apps, by install label.
#[derive(Default)]
pub(super) struct Stores(Mutex<BTreeMap<String, AppStored>>);

impl ReferenceApp {
    /// An app around this SDK.
    pub fn new(sdk: ReferenceSdk, contract: Arc<Contract>, behaviour: Arc<dyn AppBehaviour>) -> Self {
        Self { sdk, contract, behaviour, stores: Arc::default(), network: None }
    }

    /// Gives the app's SDK a view of the vendor's sandbox.
    pub fn beside(self, sandbox: Sandbox) -> Self {
        Self { sdk: self.sdk.beside(sandbox), ..self }
    }

    /// Connects the app and its SDK to a network inside this program.
    pub fn on(self, network: &Network) -> Self {
        Self { sdk: self.sdk.through(network.vendors()), network: Some(network.clone()), ..self }
    }

    fn about_itself(&self) -> About {
        let records = [SdkCommandName::Record].into_iter().filter(|_| self.contract.has(CommandName::SubmitBatch));
        let commands = COMMANDS.iter().chain(SEEN).copied().chain(records).map(SdkCommandName::as_str);
        About {
            name: "reference app".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            kind: Kind::App,
            capabilities: commands.chain(["storage:same", "storage:clone"]).map(str::to_owned).collect(),
        }
    }

    async fn make(&self, setup: Setup) -> Result<AppInstall, AdapterError> {
        let sdk = self.sdk.install(setup.clone()).await?;
        self.stores.prepare(&setup);
        let backend = Backend::new(setup.backend_url.clone(), self.network.as_ref());
        let backend = backend.map_err(|halt| AdapterError::Gone(halt.to_string()))?;
        let (contract, behaviour) = (self.contract.clone(), self.behaviour.clone());
        Ok(AppInstall::new(sdk, contract, behaviour, self.stores.clone(), backend, setup))
    }
}

impl Stores {
    /// Creates the storage of a new install. The SDK has checked the install from which it may be taken.
    fn prepare(&self, setup: &Setup) {
        let mut stores = self.0.lock();
        let found = match &setup.storage {
            Storage::New => None,
            Storage::Same { of } | Storage::Clone { of } => stores.get(of).cloned(),
        };
        stores.insert(setup.install.clone(), found.unwrap_or_default());
    }

    pub(super) fn get(&self, label: &str) -> AppStored {
        self.0.lock().get(label).cloned().unwrap_or_default()
    }

    pub(super) fn change<T>(&self, label: &str, change: impl FnOnce(&mut AppStored) -> T) -> T {
        change(self.0.lock().entry(label.to_owned()).or_default())
    }
}

impl Adapter for ReferenceApp {
    fn about(&self) -> BoxFuture<'_, Result<About, AdapterError>> {
        Box::pin(async { Ok(self.about_itself()) })
    }

    fn install(&self, setup: Setup) -> BoxFuture<'_, Result<Box<dyn Install>, AdapterError>> {
        Box::pin(async move { Ok(Box::new(self.make(setup).await?) as Box<dyn Install>) })
    }
}
