//! The probes' harness: a mock vendor of their own, installs that speak to it, and a clock that both share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use serde_json::Value;
use standin_contracts::contract::{Contract, Secrets};
use standin_contracts::history::{Leg, Subject, What};
use standin_contracts::protocol::{Millis, SdkCommandName, Timestamp};
use standin_contracts::rules::Asker;
use standin_mock_server::fault::BlackHole;
use standin_mock_server::sandbox::{CLIENT_KEY, SERVER_KEY};
use standin_mock_server::{ClockStart, Fault, FaultSpec, MockConfig, MockServer, Sandbox, When};

use crate::adapter::{
    About, Adapter, AdapterError, CommandResult, Device, Install, Kind, Retry, SdkCommand, Setup, Storage,
};
use crate::driver::Halt;
use crate::flood::flood;
use crate::sdk::{SdkHarness, SdkHarnessSetup};

const BEGINNING: Timestamp = Timestamp::from_millis(1_767_225_600_000);
/// The step of time for an SDK that does not report its next timer.
const SLICE: Millis = Millis::new(50);
/// The largest number of time steps. After that nothing more is expected.
const MOST_STEPS: usize = 1000;

/// A request to the vendor, as the probes compare it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeenRequest {
    /// The time of the request, by the sandbox's clock.
    pub(super) at: Timestamp,
    pub(super) request: String,
}

/// The adapter, and a mock vendor that only the probes use.
pub(super) struct ProbeHarness {
    adapter: Arc<dyn Adapter>,
    harness: SdkHarness,
    pub(super) about: About,
    pub(super) contract: Arc<Contract>,
    mock: MockServer,
    /// How many installs were asked for.
    asked_for: AtomicU64,
    /// The installs that were made.
    made: Mutex<Vec<Probed>>,
}

#[derive(Clone)]
pub(super) struct Probed {
    pub(super) label: String,
    pub(super) install: Arc<dyn Install>,
}

impl ProbeHarness {
    pub(super) async fn new(adapter: Arc<dyn Adapter>, contract: Arc<Contract>) -> Result<Self, Halt> {
        let about = adapter.about().await?;
        let is_virtual = about.can(SdkCommandName::Advance);
        let clock = if is_virtual { ClockStart::At(BEGINNING) } else { ClockStart::Real };
        // Not even while it is probed may a subject reach the admin API.
        let config = MockConfig { clock, subject_only: true, ..MockConfig::new(vec![contract.clone()]) };
        let mock = MockServer::start(config).await;
        let mock = mock.map_err(|error| Halt::Harness(format!("can't start the probes' mock: {error}")))?;
        let setup = SdkHarnessSetup {
            contract: contract.clone(),
            server_key: SERVER_KEY.to_owned(),
            client_key: CLIENT_KEY.to_owned(),
            secrets: Secrets::default(),
            adapter: adapter.clone(),
            about: about.clone(),
            backend_harness: None,
            network: None,
        };
        let harness = SdkHarness::new(setup, &mock)?;
        Ok(Self { adapter, harness, about, contract, mock, asked_for: AtomicU64::new(0), made: Mutex::default() })
    }

    pub(super) fn sandbox(&self) -> Sandbox {
        self.mock.sandbox()
    }

    /// Creates an install with empty storage.
    pub(super) async fn install(&self, retry: Option<Retry>) -> Result<Probed, Halt> {
        self.install_on(Storage::New, retry).await.map_err(Halt::from)
    }

    pub(super) async fn install_on(&self, storage: Storage, retry: Option<Retry>) -> Result<Probed, AdapterError> {
        let label = format!("probe-{}", self.asked_for.fetch_add(1, Ordering::Relaxed) + 1);
        let vendor = self.contract.vendor.clone();
        let setup = Setup {
            install: label.clone(),
            base_url: self.mock.install_url(&label, &vendor),
            vendor,
            backend_url: self.harness.backend_url(),
            client_key: CLIENT_KEY.to_owned(),
            app_id: "app-1".to_owned(),
            sdk_secret: Secrets::default().sdk_constant,
            device: Device { id: format!("device-of-{label}"), kind: "phone".to_owned(), platform: "ios".to_owned() },
            storage,
            now: self.sandbox().now(),
            retry,
            ca: None,
        };
        let probed = Probed { install: self.adapter.install(setup).await?.into(), label };
        self.made.lock().push(probed.clone());
        Ok(probed)
    }

    /// Makes a check, unless an SDK floods the vendor in it: then that SDK is ended, and the check with it. That it
    /// floods is for a rule to say. Whether the check was made.
    pub(super) async fn unless_flooded(&self, check: impl Future<Output = Result<(), Halt>>) -> Result<bool, Halt> {
        let sandbox = self.sandbox();
        let flooder = tokio::select! {
            biased;
            flooder = flood(&sandbox, Subject::Sdk) => flooder,
            done = check => return done.map(|()| true),
        };
        let made = std::mem::take(&mut *self.made.lock());
        for probed in made.iter().filter(|probed| flooder == Asker::Install(probed.label.clone())) {
            self.silence(&probed.label)?;
            // It may be past answering. The run shows that too.
            let _ = probed.install.run(SdkCommand::Kill {}).await;
            let _ = probed.install.end().await;
        }
        sandbox.clear_faults();
        Ok(false)
    }

    /// The vendor answers an install nothing any more.
    fn silence(&self, label: &str) -> Result<(), Halt> {
        self.sandbox().clear_faults();
        let silence = FaultSpec::new(Fault::BlackHole(BlackHole {})).of(label).when(When::Probability(1.0));
        self.sandbox().set_fault(silence).map(drop).map_err(|error| Halt::Harness(error.to_string()))
    }

    /// The command by which an app has its user created, with that user's own credential or id.
    pub(super) async fn create_user(&self, probed: &Probed) -> Result<SdkCommand, Halt> {
        let credential = self.harness.credential(&probed.label).await?;
        let user_id = if credential.is_none() { self.harness.external_id(&probed.label) } else { None };
        Ok(SdkCommand::CreateUser { credential, user_id })
    }

    /// The requests of an install to the vendor so far.
    pub(super) fn requests(&self, probed: &Probed) -> Vec<SeenRequest> {
        let events = self.sandbox().history_after(0, usize::MAX);
        let seen = events.iter().filter_map(|event| match &event.event {
            What::Request(request) if request.install.as_ref() == Some(&probed.label) => {
                let place = format!("/i/{}", probed.label);
                let target = request.target.strip_prefix(&place).unwrap_or(&request.target);
                let is_sdk = request.leg == Leg::SdkToVendor;
                is_sdk.then(|| SeenRequest { at: event.at, request: format!("{} {target}", request.method) })
            }
            _ => None,
        });
        seen.collect()
    }

    /// Carries a command out, and advances time as long as the command waits. None if it does not end.
    pub(super) async fn run(&self, probed: &Probed, command: SdkCommand) -> Result<Option<CommandResult>, Halt> {
        if !self.about.can(SdkCommandName::Advance) || is_instant(command.name()) {
            return Ok(Some(probed.install.run(command).await?));
        }
        let running = probed.install.run(command);
        tokio::pin!(running);
        for _ in 0..MOST_STEPS {
            let passing = self.pass(probed);
            tokio::pin!(passing);
            tokio::select! {
                biased;
                result = &mut running => {
                    passing.await?;
                    return Ok(Some(result?));
                }
                passed = &mut passing => drop(passed?),
            }
        }
        Ok(None)
    }

    /// Lets the SDK finish its work and advances to its next timer. False if it has no timer.
    pub(super) async fn pass(&self, probed: &Probed) -> Result<bool, Halt> {
        if self.about.can(SdkCommandName::Quiesce) {
            probed.install.run(SdkCommand::Quiesce {}).await?;
        }
        let told = probed.install.run(SdkCommand::Advance { by_ms: 0 }).await?;
        let timer = next_timer(&told);
        let step = timer.map_or(SLICE, |timer| timer.max(Millis::new(1)));
        self.sandbox().advance(step);
        probed.install.run(SdkCommand::Advance { by_ms: step.get() }).await?;
        // An SDK in this program runs only when this task yields.
        tokio::task::yield_now().await;
        Ok(timer.is_some())
    }
}

impl About {
    /// Whether the subject carries the command out: because its kind requires it, or because it claims it.
    pub(super) fn can(&self, command: SdkCommandName) -> bool {
        let has = self.capabilities.iter().any(|name| name == command.as_str());
        has || command.is_core_of(self.kind == Kind::App)
    }
}

/// Whether an SDK finishes the command without waiting for its vendor or for time to pass.
const fn is_instant(command: SdkCommandName) -> bool {
    use SdkCommandName::{Advance, DeviceClock, Grant, Kill, Launch, Network, Quiesce, Record, SetInterval, State};
    matches!(command, Launch | Kill | Grant | Record | SetInterval | Network | DeviceClock | Advance | Quiesce | State)
}

/// The time until the SDK's next timer, if it reports one.
fn next_timer(result: &CommandResult) -> Option<Millis> {
    let CommandResult::Done { value, .. } = result else { return None };
    value.get("next_timer_ms").and_then(Value::as_u64).map(Millis::new)
}
