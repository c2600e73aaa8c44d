//! The backend harness: scenarios run in it. It has the mock on one side and the backend under test on the other, and
//! plays the app and the SDK between them.

mod faults;
mod known;
mod sign_in;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use standin_contracts::contract::Contract;
use standin_contracts::history::{Leg, SubjectChange, What};
use standin_contracts::protocol::Millis;
use standin_mock_server::{FaultSpec, KeyState, Sandbox, When};

use crate::driver::{AppClient, Ask, Backend, BackendConfig, CallResponse, Halt, Launch, Started, UserTable};
use crate::driver::{app_outcome, app_request};
use crate::network::Network;
use crate::time::Time;
pub(crate) use known::know_users;

/// The time limit for anything on loopback.
const AT_MOST: Duration = Duration::from_secs(10);
/// The time limit for a backend to become calm between two requests.
const PAUSE: Duration = Duration::from_secs(1);
/// Every call that a backend makes for one request.
pub const EVERY_CALL: When = When::Next(1000);
/// The largest number of credentials that a backend may have in stock for one user.
const LARGEST_STOCK: usize = 10;
/// The label of the one server key of a run's vendor.
const SERVER_KEY: &str = "server_key#1";

/// Everything that a scenario works with.
pub struct BackendHarness {
    config: BackendConfig,
    contract: Arc<Contract>,
    sandbox: Sandbox,
    told: Started,
    /// The app's client. Its time limit is the one that the subject declares.
    app: AppClient,
    backend: tokio::sync::Mutex<Option<Backend>>,
    backend_url: Mutex<String>,
    time: Time,
    other_origin: String,
    /// The external id of each user: the one that its app got for its SDK, or the first one that the backend sent.
    ids: Mutex<BTreeMap<String, String>>,
    /// The vendor's own id of each user, learned by its SDK.
    vendor_users: Mutex<BTreeMap<String, String>>,
    /// The logins of users who signed up during the run.
    signed_up: Mutex<Vec<String>>,
}

/// A request of an app that waits for its answer. A scenario that ends meanwhile takes the app with it.
struct OpenRequest<'s> {
    sandbox: &'s Sandbox,
    exchange: u64,
}

impl Drop for OpenRequest<'_> {
    fn drop(&mut self) {
        self.sandbox.record_app_failure(self.exchange, "the scenario ended");
    }
}

impl BackendHarness {
    /// Starts the backend and sets up the harness.
    pub(crate) async fn set(
        config: BackendConfig,
        contract: Arc<Contract>,
        sandbox: Sandbox,
        told: Started,
        other_origin: String,
        launch: &Launch,
        network: Option<&Network>,
    ) -> Result<Self, Halt> {
        let within = config.subject.answers_within.into();
        let app = match network {
            Some(network) => {
                sandbox.deliver_through(Arc::new(network.clone()));
                AppClient::on(network.clone(), within)
            }
            None => AppClient::over_http(launch, within)?,
        };
        know_users(&sandbox, &config.users);
        let time = Time::of(launch, &sandbox);
        sandbox.record(What::Subject(SubjectChange { change: "started".to_owned() }));
        let backend = Backend::start(launch, &config, &contract, &told, &app, &time).await?;
        sandbox.record(What::Subject(SubjectChange { change: "ready".to_owned() }));
        let backend_url = Mutex::new(backend.url().to_owned());
        let backend = tokio::sync::Mutex::new(Some(backend));
        let harness = Self {
            config,
            contract,
            sandbox,
            told,
            app,
            backend,
            backend_url,
            time,
            other_origin,
            ids: Mutex::default(),
            vendor_users: Mutex::default(),
            signed_up: Mutex::default(),
        };
        harness.register_receiver()?;
        Ok(harness)
    }

    /// The users of the client company's app.
    pub fn users(&self) -> &[UserTable] {
        &self.config.users
    }

    /// The calls that the app makes repeatedly.
    pub fn calls(&self) -> Vec<&'static str> {
        self.config.calls.usual().map(|(name, _)| name).collect()
    }

    /// The vendor's sandbox.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The vendor's contract.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The URL of the other origin. What is sent there is recorded.
    pub fn other_origin(&self) -> &str {
        &self.other_origin
    }

    /// One of two lengths of time: `long` for a subject with a virtual clock, otherwise `short`.
    pub fn span(&self, short: Millis, long: Millis) -> Millis {
        if self.time.is_virtual() { long } else { short }
    }

    /// Makes one request as the app. None if no response came.
    pub async fn ask(&self, ask: Ask<'_>) -> Result<Option<CallResponse>, Halt> {
        let Some((_, call)) = self.config.calls.list().find(|(name, _)| *name == ask.call) else {
            return Ok(None);
        };
        let vendor_user = self.vendor_users.lock().get(&ask.user.name).cloned().unwrap_or_default();
        let request = app_request(call, &ask, &self.config.users, &vendor_user);
        let exchange = self.sandbox.record_app_request(&request, ask.intent(call));
        let open = OpenRequest { sandbox: &self.sandbox, exchange };
        let url = self.backend_url.lock().clone();
        let sending = async {
            // Concurrent requests are all recorded before the first is answered, however fast the answer is.
            tokio::task::yield_now().await;
            self.app.send(&url, &request).await
        };
        let sent = self.time.serve(sending).await;
        std::mem::forget(open);
        let answer = match sent {
            Ok(response) => {
                let outcome = app_outcome(call, &response);
                if let Some(login) = outcome.value.as_ref().filter(|_| ask.call == "sign_up") {
                    self.sandbox.know(login, &format!("login#{}", ask.user.name));
                }
                self.sandbox.record_app_response(exchange, &response, Some(outcome.clone()));
                Some(CallResponse { response, outcome })
            }
            Err(missing) => {
                self.sandbox.record_app_failure(exchange, &missing.why);
                if !missing.in_time {
                    self.still_there().await?;
                    return Err(self.silent(&ask));
                }
                None
            }
        };
        self.still_there().await?;
        Ok(answer)
    }

    fn silent(&self, ask: &Ask<'_>) -> Halt {
        let within = self.config.subject.answers_within.to_string();
        Halt::Silent { call: ask.call.to_owned(), user: ask.user.name.clone(), within }
    }

    /// Repeats a request until the backend has no credential of this user in stock, so that it has to call its vendor.
    pub async fn ask_beyond_stock(&self, ask: Ask<'_>) -> Result<(), Halt> {
        for _ in 0..=LARGEST_STOCK {
            let before = self.last_seq();
            self.ask(ask).await?;
            if !self.was_handed_credential(before) {
                break;
            }
            self.pause().await;
        }
        Ok(())
    }

    /// Whether an answer to the app after event `before` holds a credential.
    fn was_handed_credential(&self, before: u64) -> bool {
        self.sandbox.history_after(before, usize::MAX).iter().any(|event| match &event.event {
            What::Response(response) if response.outcome.is_some() => {
                response.placeholders.iter().any(|placeholder| placeholder.kind() == "credential")
            }
            _ => false,
        })
    }

    /// The number of the last event.
    pub fn last_seq(&self) -> u64 {
        *self.sandbox.changed().borrow()
    }

    /// Sets a fault.
    pub fn place(&self, fault: FaultSpec) -> Result<(), Halt> {
        let placed = self.sandbox.set_fault(fault);
        placed.map(drop).map_err(|error| Halt::Harness(format!("can't set a fault: {error}")))
    }

    /// Changes the state of the backend's server key.
    pub fn set_key(&self, state: KeyState) -> Result<(), Halt> {
        let set = self.sandbox.set_key_state(&self.contract.vendor, SERVER_KEY, state);
        set.map_err(|error| Halt::Harness(format!("can't change the server key: {error}")))
    }

    /// Kills the backend and starts it again.
    pub async fn restart(&self) -> Result<(), Halt> {
        let Some(backend) = self.backend.lock().await.take() else { return Ok(()) };
        self.sandbox.record(What::Subject(SubjectChange { change: "killed".to_owned() }));
        let backend = backend.restart(&self.config, &self.contract, &self.told, &self.app, &self.time).await?;
        self.sandbox.record(What::Subject(SubjectChange { change: "ready".to_owned() }));
        backend.url().clone_into(&mut self.backend_url.lock());
        *self.backend.lock().await = Some(backend);
        self.register_receiver()
    }

    /// Ends a flood of calls: the vendor is well again, and the backend is started again, if it can be.
    pub(crate) async fn stop_flood(&self) -> Result<(), Halt> {
        self.sandbox.clear_faults();
        self.set_key(KeyState::Valid)?;
        if self.backend.lock().await.as_ref().is_some_and(|backend| backend.can_restart(&self.config)) {
            self.restart().await?;
        }
        self.settle().await
    }

    /// Begins a generated case: forgets all user ids that the case before learned. The sandbox goes on.
    pub(crate) fn begin_case(&self, name: &str) {
        self.ids.lock().clear();
        self.vendor_users.lock().clear();
        self.sandbox.record(What::Scenario { name: name.to_owned() });
    }

    /// Ends a generated case: clears faults, makes the key valid and waits for open exchanges. If `calmly`, waits for
    /// quiescence.
    pub(crate) async fn end_case(&self, calmly: bool) -> Result<(), Halt> {
        self.set_key(KeyState::Valid)?;
        if calmly {
            return self.settle().await;
        }
        self.sandbox.clear_faults();
        self.wait_for_answers().await;
        self.still_there().await
    }

    /// Whether the backend is done with a request when it has answered it.
    pub(crate) async fn is_done_when_answered(&self) -> bool {
        self.backend.lock().await.as_ref().is_some_and(|backend| backend.calm().is_zero())
    }

    /// Ends a scenario: clears faults and waits for quiescence.
    pub(crate) async fn settle(&self) -> Result<(), Halt> {
        self.sandbox.clear_faults();
        self.calm_within(AT_MOST).await;
        self.sandbox.record(What::Quiescent);
        self.still_there().await
    }

    /// Waits until no exchange is open.
    pub(crate) async fn wait_for_answers(&self) {
        let _ = tokio::time::timeout(AT_MOST, self.calm_for(Duration::ZERO)).await;
    }

    /// Waits until the backend has finished its work after an answer, so that this work is not taken for part of the
    /// next request.
    pub async fn pause(&self) {
        self.calm_within(PAUSE).await;
    }

    async fn calm_within(&self, at_most: Duration) {
        let calm = self.backend.lock().await.as_ref().map_or(Duration::ZERO, Backend::calm);
        let _ = tokio::time::timeout(at_most, self.calm_for(calm)).await;
    }

    /// Waits until no exchange is open and nothing has happened for `calm`.
    async fn calm_for(&self, calm: Duration) {
        let mut changed = self.sandbox.changed();
        loop {
            let legs = [Leg::BackendToVendor, Leg::AppToBackend, Leg::VendorToBackend];
            let open: usize = legs.into_iter().map(|leg| self.sandbox.open_exchanges(leg)).sum();
            let pause = if open == 0 { calm } else { AT_MOST };
            if open == 0 && calm.is_zero() {
                return;
            }
            match tokio::time::timeout(pause, changed.changed()).await {
                Err(_) | Ok(Err(_)) => return,
                Ok(Ok(())) => {}
            }
        }
    }

    async fn still_there(&self) -> Result<(), Halt> {
        let mut backend = self.backend.lock().await;
        let Some(backend) = backend.as_mut() else { return Ok(()) };
        match backend.ended().await {
            Some(halt) => {
                self.sandbox.record(What::Subject(SubjectChange { change: "exited".to_owned() }));
                Err(halt)
            }
            None => Ok(()),
        }
    }

    pub(crate) async fn tear_down(&self) {
        let backend = self.backend.lock().await.take();
        if let Some(backend) = backend {
            backend.stop().await;
        }
    }
}
