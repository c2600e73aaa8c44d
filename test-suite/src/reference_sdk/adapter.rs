//! The reference SDK behind the adapter's interface: installs, and the storage that outlives them.

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
use super::rng;
use super::stored::Stored;
use crate::adapter::{About, Adapter, AdapterError, Install, Kind, Setup, Storage};

/// What can be ordered of every SDK.
const ALWAYS: &[SdkCommandName] = &[
    SdkCommandName::Grant,
    SdkCommandName::Reset,
    SdkCommandName::Network,
    SdkCommandName::DeviceClock,
    SdkCommandName::Advance,
    SdkCommandName::Quiesce,
    SdkCommandName::State,
];

/// What can be ordered of an SDK that submits what it records.
const SYNCING: &[SdkCommandName] = &[
    SdkCommandName::Record,
    SdkCommandName::StartSync,
    SdkCommandName::StopSync,
    SdkCommandName::SetInterval,
    SdkCommandName::SyncNow,
];

/// What can be ordered of an SDK whose vendor has something for it, and that is.
const BESIDES: &[(SdkCommandName, CommandName)] = &[
    (SdkCommandName::ForwardPush, CommandName::Push),
    (SdkCommandName::PushToken, CommandName::RegisterPush),
    (SdkCommandName::Forget, CommandName::EraseUser),
];

/// A conforming SDK of the contract's vendor, or one that differs from it in its conduct. Its clones share their devices.
#[derive(Clone)]
pub struct ReferenceSdk {
    contract: Arc<Contract>,
    behaviour: Arc<dyn SdkBehaviour>,
    seed: u64,
    /// The vendor's world, in which is seen whether an answer that is waited for can come without time passing.
    sandbox: Option<Sandbox>,
    /// What carries its requests in place of a network.
    direct: Option<DirectLine>,
    devices: Arc<Devices>,
}

/// What is on the devices, by the labels of the installs.
#[derive(Debug, Default)]
pub(super) struct Devices(Mutex<BTreeMap<String, Kept>>);

/// What an install leaves on its device.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    /// The storage, as bytes.
    pub(super) stored: Vec<u8>,
    pub(super) device: DeviceState,
    /// How many installs of this label there were.
    made: u64,
}

impl ReferenceSdk {
    /// An SDK whose random numbers follow from the seed.
    pub fn new(contract: Arc<Contract>, behaviour: Arc<dyn SdkBehaviour>, seed: u64) -> Self {
        Self { contract, behaviour, seed, sandbox: None, direct: None, devices: Arc::default() }
    }

    /// The same with a view of the vendor's world: it doesn't wait for answers that a fault keeps from coming.
    pub fn beside(mut self, sandbox: Sandbox) -> Self {
        self.sandbox = Some(sandbox);
        self
    }

    /// The same without a network between it and this mock.
    pub fn through(mut self, line: DirectLine) -> Self {
        self.direct = Some(line);
        self
    }

    fn about_itself(&self) -> About {
        let config = |command| self.contract.has(command);
        let syncing = SYNCING.iter().filter(|_| config(CommandName::SubmitBatch));
        let besides = BESIDES.iter().filter(|(_, command)| config(*command)).map(|(command, _)| *command);
        let commands = ALWAYS.iter().chain(syncing).copied().chain(besides).map(SdkCommandName::as_str);
        About {
            name: "reference SDK".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            kind: Kind::Sdk,
            capabilities: commands.chain(["storage:same", "storage:clone", "retry", "ca"]).map(str::to_owned).collect(),
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
    /// What a new install finds, which is on its device from now on.
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
        // Plain values always have a form in JSON.
        let Ok(bytes) = serde_json::to_vec(stored) else { return };
        if let Some(kept) = self.0.lock().get_mut(label) {
            kept.stored = bytes;
        }
    }

    /// Keeps what an install's device is like.
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
            Ok(Box::new(install) as Box<dyn Install>)
        })
    }
}
