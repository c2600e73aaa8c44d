//! One install of the app: its reactions to its user, and its calls of its SDK.

use futures::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use standin_contracts::contract::Contract;
use standin_contracts::protocol::{CommandName, SdkCommandName};
use tokio::sync::watch;

use super::adapter::Stores;
use super::backend::Backend;
use super::behaviour::{AppBehaviour, ConformingApp};
use super::shim::Shim;
use super::stored::{AppStored, Person};
use crate::adapter::{AdapterError, CommandResult, Install, SdkCommand, Setup};

/// The real time after which a missing answer of the client backend is taken for one that needs time to pass.
const REAL_TIMEOUT: Duration = Duration::from_secs(2);
/// The name of the app's further process.
const FURTHER: &str = "background";

/// An install of the reference app.
pub(super) struct AppInstall {
    sdk: Box<dyn Install>,
    pub(super) contract: Arc<Contract>,
    pub(super) behaviour: Arc<dyn AppBehaviour>,
    stores: Arc<Stores>,
    label: String,
    pub(super) backend: Backend,
    shim: Shim,
    device: Mutex<Device>,
    /// The number of requests to the client backend under way.
    asking: watch::Sender<usize>,
}

/// The app's view of its device.
#[derive(Debug, Default)]
struct Device {
    /// The number of the app's current run. None while the app is dead. Each start of a dead app begins a new run.
    launch: Option<u64>,
    launches: u64,
    /// The processes of this run. The main process has no name.
    processes: BTreeSet<Option<String>>,
    offline: bool,
    permissions: BTreeMap<String, bool>,
}

/// The reason why an action was stopped.
#[derive(Debug)]
pub(super) enum Stopped {
    Killed,
    /// Its SDK's install can't be used any further.
    Sdk(AdapterError),
}

/// One process in one run of the app.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process {
    launch: u64,
    pub(super) name: Option<&'static str>,
}

/// A request to the client backend under way. It is counted until this is dropped.
pub(super) struct Asking<'a>(&'a watch::Sender<usize>);

impl AppInstall {
    pub(super) fn new(
        sdk: Box<dyn Install>,
        contract: Arc<Contract>,
        behaviour: Arc<dyn AppBehaviour>,
        stores: Arc<Stores>,
        backend: Backend,
        setup: Setup,
    ) -> Self {
        Self {
            sdk,
            contract,
            behaviour,
            stores,
            label: setup.install,
            backend,
            shim: Shim::default(),
            device: Mutex::default(),
            asking: watch::Sender::new(0),
        }
    }

    async fn command(&self, command: SdkCommand) -> Result<CommandResult, Stopped> {
        match command {
            SdkCommand::Launch {} => self.start(None).await,
            SdkCommand::StartProcess {} => self.start(Some(FURTHER)).await,
            SdkCommand::Kill {} => self.die().await,
            SdkCommand::Open {} => self.opened().await,
            SdkCommand::LogIn { authorization, user_id, email } => {
                self.logged_in(Person { authorization, user_id, email }).await
            }
            SdkCommand::LogOut {} => self.logged_out().await,
            SdkCommand::ReceivePush { payload } => self.pushed(payload).await,
            SdkCommand::Grant { permissions } => self.answered(permissions).await,
            SdkCommand::Quiesce {} => self.settle().await,
            command => self.device_command(command).await,
        }
    }

    /// Passes commands for the device, and records without the app's part, to the SDK.
    async fn device_command(&self, command: SdkCommand) -> Result<CommandResult, Stopped> {
        match &command {
            SdkCommand::Network { online } => self.device.lock().offline = !online,
            SdkCommand::Record { .. }
            | SdkCommand::DeviceClock { .. }
            | SdkCommand::Advance { .. }
            | SdkCommand::State {} => {}
            _ => return Ok(CommandResult::Unsupported {}),
        }
        self.of_sdk(command).await
    }

    /// Handles the user's answer to the permission request. A logged-in user who waits for it is signed in now.
    async fn answered(&self, permissions: BTreeMap<String, bool>) -> Result<CommandResult, Stopped> {
        self.device.lock().permissions.extend(permissions.clone());
        let result = self.of_sdk(SdkCommand::Grant { permissions }).await?;
        self.keep(|stored| stored.answered = true);
        let stored = self.stored();
        if let (Some(person), Ok(process)) = (stored.person.filter(|_| !stored.has_user), self.running()) {
            self.sign_in(process, &person).await?;
        }
        Ok(result)
    }

    /// Starts a process. The first one launches the SDK.
    async fn start(&self, name: Option<&'static str>) -> Result<CommandResult, Stopped> {
        let process = self.device.lock().start(name);
        self.of_sdk(SdkCommand::Launch {}).await?;
        if self.behaviour.readies(name) {
            let ready = self.shim.begin(SdkCommandName::Init, process.arguments(Map::new()));
            self.shim.end(&ready, true);
        }
        // The main process waits until it is opened; another one works by itself.
        if name.is_some() {
            self.resume(process).await?;
        }
        Ok(CommandResult::done())
    }

    async fn die(&self) -> Result<CommandResult, Stopped> {
        let mut device = std::mem::take(&mut *self.device.lock());
        (device.launch, device.processes) = (None, BTreeSet::new());
        *self.device.lock() = device;
        self.of_sdk(SdkCommand::Kill {}).await
    }

    async fn opened(&self) -> Result<CommandResult, Stopped> {
        let process = self.running()?;
        if self.behaviour.asks_first() {
            self.ask_for_permissions(process);
        }
        self.resume(process).await?;
        Ok(CommandResult::done())
    }

    async fn logged_in(&self, person: Person) -> Result<CommandResult, Stopped> {
        let process = self.running()?;
        let is_another = self.stored().person.is_some_and(|before| before.authorization != person.authorization);
        if is_another && self.behaviour.resets_for_another() {
            self.leave(process).await?;
            self.keep(|stored| ConformingApp.resets_at_logout(stored));
        }
        self.keep(|stored| stored.person = Some(person.clone()));
        self.sign_in(process, &person).await?;
        Ok(CommandResult::done())
    }

    async fn logged_out(&self) -> Result<CommandResult, Stopped> {
        let process = self.running()?;
        if self.keep(|stored| self.behaviour.resets_at_logout(stored)) {
            return self.leave(process).await;
        }
        Ok(CommandResult::done())
    }

    /// Has the SDK forget its user.
    async fn leave(&self, process: Process) -> Result<CommandResult, Stopped> {
        if self.contract.has(CommandName::SubmitBatch) {
            self.call(process, SdkCommand::StopSync {}).await?;
        }
        self.call(process, SdkCommand::Reset {}).await
    }

    async fn pushed(&self, payload: Map<String, Value>) -> Result<CommandResult, Stopped> {
        let process = self.running()?;
        if self.behaviour.forwards(self.contract.is_push(&payload)) {
            self.call(process, SdkCommand::ForwardPush { payload }).await?;
        }
        Ok(CommandResult::done())
    }

    /// Asks for permissions, once per install.
    pub(super) fn ask_for_permissions(&self, process: Process) {
        if !self.keep(|stored| std::mem::replace(&mut stored.asked, true)) {
            let asked = self.shim.begin(SdkCommandName::AskPermissions, process.arguments(Map::new()));
            self.shim.end(&asked, true);
        }
    }

    /// The permissions that the user has given or denied so far.
    pub(super) fn permissions(&self) -> BTreeMap<String, bool> {
        self.device.lock().permissions.clone()
    }

    /// Calls the SDK through the shim. A call that returns after the app's death is not reported as returned.
    pub(super) async fn call(&self, process: Process, command: SdkCommand) -> Result<CommandResult, Stopped> {
        self.alive(process)?;
        let begun = self.shim.begin(command.name(), process.arguments(arguments(&command)));
        let result = self.of_sdk(command).await?;
        self.alive(process)?;
        self.shim.end(&begun, matches!(result, CommandResult::Done { .. }));
        Ok(result)
    }

    async fn of_sdk(&self, command: SdkCommand) -> Result<CommandResult, Stopped> {
        self.sdk.run(command).await.map_err(Stopped::Sdk)
    }

    /// Waits until nothing can be done without time passing.
    async fn settle(&self) -> Result<CommandResult, Stopped> {
        loop {
            let mut asking = self.asking.subscribe();
            // An answer that is still missing by then needs time to pass.
            let heard = tokio::time::timeout(REAL_TIMEOUT, asking.wait_for(|number| *number == 0)).await;
            drop(heard);
            let still = self.of_sdk(SdkCommand::Quiesce {}).await?;
            if *self.asking.borrow() == 0 {
                return Ok(still);
            }
        }
    }

    /// Begins a request to the client backend. None if there is no network.
    pub(super) fn ask_backend(&self) -> Option<Asking<'_>> {
        if self.device.lock().offline {
            return None;
        }
        self.asking.send_modify(|number| *number += 1);
        Some(Asking(&self.asking))
    }

    pub(super) fn push_token(&self) -> String {
        format!("push-token-of-{}", self.label)
    }

    pub(super) fn stored(&self) -> AppStored {
        self.stores.get(&self.label)
    }

    pub(super) fn keep<T>(&self, change: impl FnOnce(&mut AppStored) -> T) -> T {
        self.stores.change(&self.label, change)
    }

    /// The main process, or the further one if only that runs.
    fn running(&self) -> Result<Process, Stopped> {
        let device = self.device.lock();
        let launch = device.launch.ok_or(Stopped::Killed)?;
        let name = if device.processes.contains(&None) { None } else { Some(FURTHER) };
        Ok(Process { launch, name })
    }

    fn alive(&self, process: Process) -> Result<(), Stopped> {
        if self.device.lock().launch == Some(process.launch) { Ok(()) } else { Err(Stopped::Killed) }
    }
}

impl Device {
    fn start(&mut self, name: Option<&'static str>) -> Process {
        if self.launch.is_none() {
            self.launches += 1;
            self.launch = Some(self.launches);
        }
        self.processes.insert(name.map(str::to_owned));
        Process { launch: self.launches, name }
    }
}

impl Process {
    /// Adds the process to a call's arguments, unless it is the main one.
    fn arguments(self, mut said: Map<String, Value>) -> Map<String, Value> {
        if let Some(name) = self.name {
            said.insert("process".to_owned(), name.into());
        }
        said
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|number| *number -= 1);
    }
}

/// The arguments of a command: all members but its name.
fn arguments(command: &SdkCommand) -> Map<String, Value> {
    let Value::Object(mut said) = json!(command) else { return Map::new() };
    said.remove("command");
    said
}

impl Install for AppInstall {
    fn run(&self, command: SdkCommand) -> BoxFuture<'_, Result<CommandResult, AdapterError>> {
        Box::pin(async move {
            let result = match self.command(command).await {
                Ok(result) => result,
                Err(Stopped::Killed) => CommandResult::failed("the app is not running"),
                Err(Stopped::Sdk(error)) => return Err(error),
            };
            Ok(result.with_calls(self.shim.take()))
        })
    }

    fn end(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        self.sdk.end()
    }
}
