//! The reference SDK as an adapter: its installs, and the storage that outlives them.

use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use standin_contracts::contract::Contract;
use standin_contracts::protocol::{CommandName, SdkCommandName};
use standin_mock_server::{DirectLine, Sandbox};

use super::behaviour::SdkBehaviour;
use super::config::SdkConfig;
use super::core::{Core, DeviceState};
use super::install::{InstallContext, SdkInstall};
use super::own_time::InOwnTime;
use super::rng;
use super::stored::Stored;
use crate::adapter::{About, Adapter, AdapterError, Install, Kind, Setup, Storage};

/// The optional commands of every SDK.
const ALWAYS: &[SdkCommandName] = &[
    SdkCommandName::Grant,
    SdkCommandName::Reset,
    SdkCommandName::Network,
    SdkCommandName::DeviceClock,
    SdkCommandName::Advance,
    SdkCommandName::Quiesce,
    SdkCommandName::State,
];

/// The optional commands of an SDK that submits records.
const SYNCING: &[SdkCommandName] = &[
    SdkCommandName::Record,
    SdkCommandName::StartSync,
    SdkCommandName::StopSync,
    SdkCommandName::SetInterval,
    SdkCommandName::SyncNow,
];

/// The optional commands that depend on an operation or message of the vendor, with that operation or message.
const BESIDES: &[(SdkCommandName, CommandName)] = &[
    (SdkCommandName::ForwardPush, CommandName::Push),
    (SdkCommandName::PushToken, CommandName::RegisterPush),
    (SdkCommandName::Forget, CommandName::EraseUser),
];

/// A conforming SDK of the contract's vendor, or one with another behaviour. Its clones share their devices.
#[derive(Clone)]
pub struct ReferenceSdk {
    contract: Arc<Contract>,
    behaviour: Arc<dyn SdkBehaviour>,
    seed: u64,
    /// The vendor's sandbox, which shows whether an expected answer can come without time passing.
    sandbox: Option<Sandbox>,
    /// A direct connection to the mock, which replaces the network.
    direct: Option<DirectLine>,
    devices: Arc<Devices>,
}

/// The state of all devices, by install label.
#[derive(Debug, Default)]
pub(super) struct Devices(Mutex<BTreeMap<String, Kept>>);

/// What an install leaves on its device.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    /// The storage, serialized.
    pub(super) stored: Vec<u8>,
    pub(super) device: DeviceState,
    /// The number of installs with this label so far.
    made: u64,
}

impl ReferenceSdk {
    /// An SDK whose random numbers follow from the seed.
    pub fn new(contract: Arc<Contract>, behaviour: Arc<dyn SdkBehaviour>, seed: u64) -> Self {
        Self { contract, behaviour, seed, sandbox: None, direct: None, devices: Arc::default() }
    }

    /// Gives the SDK a view of the vendor's sandbox, so that it does not wait for answers that a fault holds back.
    pub fn beside(mut self, sandbox: Sandbox) -> Self {
        self.sandbox = Some(sandbox);
        self
    }

    /// Connects the SDK directly to this mock, without a network.
    pub fn through(mut self, line: DirectLine) -> Self {
        self.direct = Some(line);
        self
    }

    fn about_itself(&self) -> About {
        let config = |command| self.contract.has(command);
        let syncing = SYNCING.iter().filter(|_| config(CommandName::SubmitBatch));
        let besides = BESIDES.iter().filter(|(_, command)| config(*command)).map(|(command, _)| *command);
        let commands = ALWAYS.iter().chain(syncing).copied().chain(besides).map(SdkCommandName::as_str);
        let all = commands.chain(["storage:same", "storage:clone", "retry", "ca"]);
        About {
            name: "reference SDK".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            kind: Kind::Sdk,
            capabilities: all.filter(|name| self.behaviour.offers(name)).map(str::to_owned).collect(),
        }
    }

    fn make(&self, setup: &Setup) -> Result<SdkInstall, AdapterError> {
        let kept = self.devices.prepare(setup)?;
        let config = SdkConfig::new(self.contract.clone(), setup);
        let stored: Stored = if kept.stored.is_empty() {
            Stored::new(&setup.device.id)
        } else {
            serde_json::from_slice(&kept.stored).map_err(|error| AdapterError::Broken(error.to_string()))?
        };
        let seed = rng::derive(self.seed, &format!("{} of {}", kept.made, setup.install));
        let core = Core::new(config, self.behaviour.clone(), seed, kept.device, stored);
        let place = InstallContext {
            contract: self.contract.clone(),
            behaviour: self.behaviour.clone(),
            devices: self.devices.clone(),
            sandbox: self.sandbox.clone(),
            direct: self.direct.clone(),
            label: setup.install.clone(),
        };
        SdkInstall::new(core, place, setup)
    }
}

impl Devices {
    /// Creates the device of a new install and returns what the install finds on it.
    fn prepare(&self, setup: &Setup) -> Result<Kept, AdapterError> {
        let mut devices = self.0.lock();
        let of = |label: &String| {
            let known = devices.get(label).cloned();
            known.ok_or_else(|| AdapterError::Broken(format!("there is no install `{label}` to take the storage of")))
        };
        let mut kept = match &setup.storage {
            Storage::New => Kept::default(),
            Storage::Same { of: label } => of(label)?,
            Storage::Clone { of: label } => Kept { device: DeviceState::default(), ..of(label)? },
        };
        kept.made = devices.get(&setup.install).map_or(0, |before| before.made) + 1;
        devices.insert(setup.install.clone(), kept.clone());
        Ok(kept)
    }

    pub(super) fn keep(&self, label: &str, stored: &Stored) {
        // Plain values can always be serialized.
        let Ok(bytes) = serde_json::to_vec(stored) else { return };
        if let Some(kept) = self.0.lock().get_mut(label) {
            kept.stored = bytes;
        }
    }

    /// Stores the state of an install's device.
    pub(super) fn keep_device(&self, label: &str, device: &DeviceState) {
        if let Some(kept) = self.0.lock().get_mut(label) {
            kept.device = device.clone();
        }
    }
}

impl Adapter for ReferenceSdk {
    fn about(&self) -> BoxFuture<'_, Result<About, AdapterError>> {
        Box::pin(async { Ok(self.about_itself()) })
    }

    fn install(&self, setup: Setup) -> BoxFuture<'_, Result<Box<dyn Install>, AdapterError>> {
        Box::pin(async move {
            let install = self.make(&setup)?;
            let is_driven = self.behaviour.offers(SdkCommandName::Advance.as_str());

            let in_own_time = |install| Box::new(InOwnTime::new(install, self.behaviour.clone()));
            Ok(if is_driven { Box::new(install) as Box<dyn Install> } else { in_own_time(install) })
        })
    }
}
