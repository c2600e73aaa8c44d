//! What all installs of a run share: the vendor, the time, and the adapter.

mod passing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use standin_contracts::contract::{Contract, Secrets};
use standin_contracts::history::{Event, Request, Subject, What};
use standin_contracts::protocol::{CommandName, Field, MintPolicy, SdkCommandName};
use standin_contracts::rules::Asker;
use standin_mock_server::fault::{BlackHole, ResetBeforeCommit};
use standin_mock_server::sandbox::VendorError;
use standin_mock_server::tls::TlsOrigin;
use standin_mock_server::{Fault, FaultId, FaultSpec, MockServer, Sandbox, When};
use tokio::sync::watch;

pub(super) use self::passing::{Starting, TIMEOUT};
use super::client_backend::ClientBackend;
use super::crashes::PendingCrash;
use super::device_handle::{DeviceHandle, MountedInstall};
use super::origins::Origins;
use super::scenarios::{Need, Scenario};
use crate::adapter::{About, Adapter, Device, Kind, Retry, Setup, Storage};
use crate::backend_harness::BackendHarness;
use crate::driver::{AppClient, Halt};
use crate::flood::flood;
use crate::network::Network;

/// The longest wait for anything on loopback.
const AT_MOST: Duration = Duration::from_secs(10);
/// The category to record for a vendor whose contract names none.
const ANY_CATEGORY: &str = "general";
/// The id of the app around the SDK.
pub(crate) const APP_ID: &str = "app-1";

/// A planned crash that is happening, until this is dropped.
struct Crashing<'h>(&'h SdkHarness);

impl<'h> Crashing<'h> {
    fn begin(harness: &'h SdkHarness) -> Self {
        harness.is_crashing.send_replace(true);
        Self(harness)
    }
}

impl Drop for Crashing<'_> {
    fn drop(&mut self) {
        self.0.is_crashing.send_replace(false);
    }
}

/// What a harness is made of.
pub struct SdkHarnessSetup {
    /// The vendor's contract.
    pub contract: Arc<Contract>,
    /// The key that only client backends have.
    pub server_key: String,
    /// The key inside the app.
    pub client_key: String,
    /// The vendor's further secrets.
    pub secrets: Secrets,
    /// The adapter that drives the SDK.
    pub adapter: Arc<dyn Adapter>,
    /// The adapter's description of itself.
    pub about: About,
    /// The client backend under test; `None` if Standin plays it.
    pub backend_harness: Option<Arc<BackendHarness>>,
    /// What carries the requests of everybody in this program, if it isn't sockets.
    pub network: Option<Network>,
}

/// The environment of an SDK under test: its vendor, its app, its user and its client backend.
pub struct SdkHarness {
    pub(super) setup: SdkHarnessSetup,
    pub(super) sandbox: Sandbox,
    origins: Origins,
    pub(super) url: String,
    /// The client backend that an app under test asks for credentials.
    pub(super) backend: Option<ClientBackend>,
    pub(super) client: AppClient,
    mounted: Mutex<Vec<Arc<MountedInstall>>>,
    /// The planned crash of a process, if there is one.
    pending_crash: PendingCrash,
    /// Whether a planned crash is happening.
    is_crashing: watch::Sender<bool>,
    /// Whether time must not pass, even for work that waits for it.
    time_stands: AtomicBool,
    /// How many scenarios have begun. Users and installs of different scenarios are unrelated.
    act: AtomicU64,
    items: AtomicU64,
    pushes: AtomicU64,
    /// How many times a process has begun to start, or has started.
    process_starts: AtomicU64,
    /// How many processes are starting.
    starting: AtomicUsize,
    /// The installs that flooded the vendor.
    flooders: Mutex<Vec<String>>,
}

impl SdkHarness {
    /// A harness around a mock.
    ///
    /// # Errors
    /// If no HTTP client can be made, or an app's client backend can't be started.
    pub fn new(setup: SdkHarnessSetup, mock: &MockServer) -> Result<Self, Halt> {
        let client = match &setup.network {
            Some(network) => AppClient::on(network.clone(), AT_MOST),
            None => AppClient::of_mock(AT_MOST)?,
        };
        let backend = match setup.about.kind {
            Kind::App => Some(ClientBackend::start(&setup, mock)?),
            Kind::Sdk => None,
        };
        Ok(Self {
            backend,
            client,
            sandbox: mock.sandbox(),
            url: mock.url().to_owned(),
            origins: Origins::default(),
            setup,
            mounted: Mutex::default(),
            pending_crash: PendingCrash::default(),
            is_crashing: watch::Sender::new(false),
            time_stands: AtomicBool::new(false),
            act: AtomicU64::new(0),
            items: AtomicU64::new(0),
            pushes: AtomicU64::new(0),
            process_starts: AtomicU64::new(0),
            starting: AtomicUsize::new(0),
            flooders: Mutex::default(),
        })
    }

    /// Sets the other origins that an SDK can be led to.
    pub fn among(self, origins: Origins) -> Self {
        Self { origins, ..self }
    }

    /// The other origins that an SDK can be led to.
    pub fn origins(&self) -> &Origins {
        &self.origins
    }

    /// The vendor's contract.
    pub fn contract(&self) -> &Contract {
        &self.setup.contract
    }

    /// The vendor's sandbox.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Whether an app is driven, which drives the SDK in it.
    pub fn is_app(&self) -> bool {
        self.setup.about.kind == Kind::App
    }

    /// The URL of an app's client backend.
    pub fn backend_url(&self) -> Option<String> {
        self.backend.as_ref().map(|backend| backend.url().to_owned())
    }

    /// Whether the SDK, or the app, carries out this command.
    pub fn can(&self, command: SdkCommandName) -> bool {
        command.is_given_to(self.is_app()) && (command.is_core_of(self.is_app()) || self.has(command.as_str()))
    }

    /// Whether the SDK has this capability.
    pub fn has(&self, capability: &str) -> bool {
        self.setup.about.capabilities.iter().any(|name| name == capability)
    }

    /// The categories of data that the vendor takes.
    pub fn categories(&self) -> Vec<String> {
        let batches = self.contract().operations.iter().filter(|one| one.command == CommandName::SubmitBatch);
        let mut categories: Vec<String> =
            batches.filter_map(|batch| batch.set.text(&Field::Category).map(str::to_owned)).collect();
        categories.sort();
        categories.dedup();
        if categories.is_empty() {
            categories.push(ANY_CATEGORY.to_owned());
        }
        categories
    }

    /// Whether the vendor requires an app to sign in anew at each start.
    pub fn mints_at_each_start(&self) -> bool {
        self.contract().facts.credential.mint.value == MintPolicy::EachStart
    }

    /// The vendor switches an install off. Does nothing for an install that the vendor doesn't know.
    pub fn switch_off(&self, device: &DeviceHandle<'_>) -> Result<(), Halt> {
        let Some(install) = self.install_id(device.label()) else { return Ok(()) };
        match self.sandbox.disable_install(&self.contract().vendor, &install) {
            // It called the vendor, which never did what it asked.
            Ok(()) | Err(VendorError::UnknownInstall(_)) => Ok(()),
            Err(error) => Err(Halt::Harness(error.to_string())),
        }
    }

    /// The vendor's id of an install: the one given to its SDK, or else the one that its SDK sent.
    fn install_id(&self, label: &str) -> Option<String> {
        let events = self.sandbox.history_after(0, usize::MAX);
        let asked: Vec<&Request> = events.iter().filter_map(|event| request(event, label)).collect();
        let told = events.iter().rev().find_map(|event| match &event.event {
            What::Response(response) if asked.iter().any(|request| request.exchange == response.exchange) => {
                response.text(&Field::InstallId)
            }
            _ => None,
        });
        let own = || asked.iter().find_map(|request| request.step.as_ref()?.text(&Field::InstallId));
        told.or_else(own).map(str::to_owned)
    }

    /// Plays a scenario. Returns the reason if a participant can't take part in it.
    pub(crate) async fn play(&self, scenario: &Scenario) -> Result<Option<String>, Halt> {
        if let Some(lack) = self.lacks(scenario) {
            return Ok(Some(lack));
        }
        // Certificates are shown over real sockets, and those take real time.
        let is_real = self.setup.network.is_some() && scenario.needs.contains(&Need::Capability("ca"));
        if is_real {
            tokio::time::resume();
        }
        self.begin(scenario.name).await;
        let played = self.unless_flooded(async {
            (scenario.play)(self).await?;
            self.settle().await
        });
        let played = played.await;
        if is_real {
            tokio::time::pause();
        }
        played.map(|()| None)
    }

    /// Does some work, and ends it once an install floods the vendor. From then on that install hears nothing more.
    pub(super) async fn unless_flooded(&self, work: impl Future<Output = Result<(), Halt>>) -> Result<(), Halt> {
        let flooder = tokio::select! {
            biased;
            flooder = flood(&self.sandbox, Subject::Sdk) => flooder,
            done = work => return done,
        };
        if let Asker::Install(label) = flooder {
            self.flooders.lock().push(label);
        }
        self.silence_flooders(Fault::BlackHole(BlackHole {}))?;
        self.end_all().await;
        Ok(())
    }

    /// The vendor has only this for an install that flooded it. Its process may still be at it.
    fn silence_flooders(&self, fault: Fault) -> Result<(), Halt> {
        for label in self.flooders.lock().iter() {
            let silence = FaultSpec::new(fault.clone()).of(label).when(When::Probability(1.0));
            self.sandbox.set_fault(silence).map_err(|error| Halt::Harness(error.to_string()))?;
        }
        Ok(())
    }

    /// Why a participant can't take part in a scenario; `None` if all can.
    pub(super) fn lacks(&self, scenario: &Scenario) -> Option<String> {
        scenario.needs.iter().find_map(|need| self.lack(*need))
    }

    /// The planned crash of a process, if there is one.
    pub(super) fn pending_crash(&self) -> &PendingCrash {
        &self.pending_crash
    }

    /// The process of an install dies while its request is held, and starts again. Meanwhile no other command is sent, and
    /// no time passes.
    pub(super) async fn crash(&self, label: &str, hold: FaultId) -> Result<(), Halt> {
        let Some(device) = self.device(label) else { return Ok(()) };
        let _crashing = Crashing::begin(self);
        device.die_and_start(|| self.sandbox.withdraw_fault(hold)).await
    }

    /// Waits until no planned crash is happening.
    pub(super) async fn crash_over(&self) {
        // The sender lives as long as the harness.
        let _ = self.is_crashing.subscribe().wait_for(|is_crashing| !is_crashing).await;
    }

    /// The app asks for its user anew where a process died, and has something to submit.
    pub(super) async fn recover(&self, label: &str) -> Result<(), Halt> {
        match self.device(label).filter(DeviceHandle::is_awake).map(|device| (device.user(), device)) {
            Some((Some(user), device)) => device.ask_anew(&user).await,
            _ => Ok(()),
        }
    }

    fn device(&self, label: &str) -> Option<DeviceHandle<'_>> {
        let mounted = self.mounted.lock().iter().rfind(|mounted| mounted.label() == label).cloned();
        mounted.map(|mounted| DeviceHandle::new(self, mounted))
    }

    /// Why a need of a scenario can't be met; `None` if it can.
    fn lack(&self, need: Need) -> Option<String> {
        match need {
            Need::SdkCommand(command) => (!self.can(command)).then(|| format!("the adapter has no `{command}`")),
            Need::Command(command) => (!self.contract().has(command)).then(|| format!("the vendor has no {command}")),
            Need::Capability(name) => (!self.has(name)).then(|| format!("the adapter has no `{name}`")),
            Need::ClientKey => (!self.has_client_key()).then(|| "the vendor knows no key inside apps".to_owned()),
            Need::Users(count) => self.lacks_users(count),
        }
    }

    /// From now on time passes for vendor and SDK together, and only when the harness moves it.
    pub(crate) fn take_over_time(&self) {
        if self.can(SdkCommandName::Advance) && self.sandbox.is_running() {
            self.sandbox.freeze();
        }
    }

    /// A scenario begins: the installs of the one before are ended.
    pub async fn begin(&self, scenario: &str) {
        self.end_all().await;
        self.sandbox.clear_faults();
        // A fault that was just valid is valid again.
        let _ = self.silence_flooders(Fault::ResetBeforeCommit(ResetBeforeCommit {}));
        self.act.fetch_add(1, Ordering::Relaxed);
        self.sandbox.record(What::Scenario { name: scenario.to_owned() });
    }

    /// The label of one of this scenario's users or installs.
    pub fn label(&self, name: &str) -> String {
        format!("{name}-{}", self.act.load(Ordering::Relaxed))
    }

    /// The id for a new item.
    pub fn next_item(&self) -> String {
        format!("item-{}", self.items.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// The id for a new push.
    pub fn next_push(&self) -> String {
        format!("push-{}", self.pushes.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Puts the app on a phone that never had it.
    pub async fn phone(&self) -> Result<DeviceHandle<'_>, Halt> {
        self.install("phone", "phone", Storage::New).await
    }

    /// Puts the app on a device of this kind.
    pub async fn install(&self, name: &str, kind: &str, storage: Storage) -> Result<DeviceHandle<'_>, Halt> {
        self.install_at(&self.url, name, kind, storage, None).await
    }

    /// Puts the app on a new phone, with its vendor behind a TLS listener. Retries there are soon, so that no command
    /// takes long in real time.
    pub async fn phone_behind(&self, origin: &TlsOrigin, name: &str) -> Result<DeviceHandle<'_>, Halt> {
        let ca = Some(origin.authority.clone());
        self.install_at(&origin.url, name, "phone", Storage::New, ca).await
    }

    async fn install_at(
        &self,
        url: &str,
        name: &str,
        kind: &str,
        storage: Storage,
        ca: Option<String>,
    ) -> Result<DeviceHandle<'_>, Halt> {
        self.mount(url, self.label(name), kind, storage, ca).await
    }

    /// Installs the app anew over its stored data. Its process is dead by then.
    pub(super) async fn reinstall(&self, device: &DeviceHandle<'_>) -> Result<DeviceHandle<'_>, Halt> {
        let label = device.label().to_owned();
        device.mounted.end().await;
        self.mounted.lock().retain(|mounted| !Arc::ptr_eq(mounted, &device.mounted));
        self.mount(&self.url, label.clone(), device.kind(), Storage::Same { of: label }, None).await
    }

    async fn mount(
        &self,
        url: &str,
        label: String,
        kind: &str,
        storage: Storage,
        ca: Option<String>,
    ) -> Result<DeviceHandle<'_>, Halt> {
        let soon = Retry { base_ms: 10, cap_ms: 50 };
        let copied = match &storage {
            Storage::Clone { of } => Some(of.clone()),
            _ => None,
        };
        let device = Device { id: format!("device-of-{label}"), kind: kind.to_owned(), platform: "ios".to_owned() };
        let now = self.sandbox.now();
        let setup = Setup {
            base_url: format!("{url}/i/{label}/{}", self.setup.contract.vendor),
            install: label.clone(),
            vendor: self.setup.contract.vendor.clone(),
            backend_url: self.backend_url(),
            client_key: self.setup.client_key.clone(),
            app_id: APP_ID.to_owned(),
            sdk_secret: self.setup.secrets.sdk_constant.clone(),
            device,
            storage,
            now,
            retry: ca.as_ref().filter(|_| self.has("retry")).map(|_| soon),
            ca,
        };
        let install = self.setup.adapter.install(setup).await.map_err(halt)?;
        let mounted = Arc::new(MountedInstall::new(label, kind.to_owned(), install, copied, self.sandbox.clone()));
        self.mounted.lock().push(mounted.clone());
        Ok(DeviceHandle::new(self, mounted))
    }

    /// The next calls of this step meet a fault, as many as `times` says.
    pub fn meet(&self, command: CommandName, fault: Fault, times: u64) -> Result<(), Halt> {
        self.set_fault(FaultSpec::new(fault).on(command.as_str()).when(When::Next(times)))
    }

    /// The next calls of this step by one install meet a fault, as many as `times` says.
    pub fn meet_at(
        &self,
        device: &DeviceHandle<'_>,
        command: CommandName,
        fault: Fault,
        times: u64,
    ) -> Result<(), Halt> {
        self.set_fault(FaultSpec::new(fault).on(command.as_str()).of(device.label()).when(When::Next(times)))
    }

    fn set_fault(&self, spec: FaultSpec) -> Result<(), Halt> {
        self.sandbox.set_fault(spec).map(drop).map_err(|error| Halt::Harness(error.to_string()))
    }

    /// Ends all installs.
    pub async fn end(&self) {
        self.end_all().await;
    }

    async fn end_all(&self) {
        let mounted = std::mem::take(&mut *self.mounted.lock());
        for one in mounted {
            one.end().await;
        }
    }
}

fn request<'e>(event: &'e Event, install: &str) -> Option<&'e Request> {
    match &event.event {
        What::Request(request) if request.install.as_deref() == Some(install) => Some(request),
        _ => None,
    }
}

/// An adapter that can't be used any further ends the run.
pub(super) fn halt(error: crate::adapter::AdapterError) -> Halt {
    Halt::Adapter(error)
}
