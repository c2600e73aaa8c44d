//! The environment of a run: the mock with its keys, the subjects in its history, and the harness of a backend.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use standin_contracts::contract::Secrets;
use standin_contracts::history::Subject;
use standin_contracts::rules::{self, OPAQUE};
use standin_mock_server::sandbox::{CLIENT_KEY, SERVER_KEY, WEBHOOK_PASSWORD, WEBHOOK_USER};
use standin_mock_server::{ClockStart, KeyRing, MockConfig, MockServer, Sandbox, StartError};
use tempfile::TempDir;

use super::{BackendUnderTest, Plan, RunError};
use crate::backend_harness::BackendHarness;
use crate::driver::{Halt, Started};
use crate::network::{Network, OTHER_ORIGIN};
use crate::sdk::{Driven, START};

/// A vendor and the backend that was started for it.
pub(crate) struct Setting {
    pub(crate) mock: MockServer,
    pub(crate) backend_harness: Result<BackendHarness, Halt>,
    /// The backend's folder for its data; deleted with this value.
    pub(crate) folder: TempDir,
}

/// The keys and secrets of a run.
pub(super) struct Keys {
    pub(super) server: String,
    pub(super) client: String,
    /// The vendor's credentials for the backend's receiver, as `user:password`.
    partner: String,
    pub(super) secrets: Secrets,
}

impl Plan {
    /// Starts a mock and a backend, which is the only subject.
    pub(crate) async fn build_harness(&self, backend: &BackendUnderTest) -> Result<Setting, RunError> {
        let folder = tempfile::tempdir().map_err(RunError::Folder)?;
        let keys = self.keys();
        let mut mock = self.serve(&keys, self.clock(None), None).await?;
        let network = self.is_quiet().then(|| Network::of(&mock));
        self.describe(&mock.sandbox(), vec![Subject::ClientBackend], None);
        let other_origin = self.other_origin(&mut mock).await?;
        let backend_harness = self.backend_harness(backend, &mock, network.as_ref(), other_origin, keys, folder.path());
        let backend_harness = backend_harness.await;
        Ok(Setting { mock, backend_harness, folder })
    }

    /// The URL of another origin, which listens unless nobody needs sockets.
    pub(super) async fn other_origin(&self, mock: &mut MockServer) -> Result<String, StartError> {
        if self.is_quiet() { Ok(OTHER_ORIGIN.to_owned()) } else { mock.open_other_origin().await }
    }

    /// Starts the backend beside a mock that has another origin here.
    pub(super) async fn backend_harness(
        &self,
        backend: &BackendUnderTest,
        mock: &MockServer,
        network: Option<&Network>,
        other_origin: String,
        keys: Keys,
        folder: &Path,
    ) -> Result<BackendHarness, Halt> {
        let BackendUnderTest { config, launch } = backend;
        let told = Started {
            vendor_url: mock.vendor_url(&self.contract.vendor),
            server_key: keys.server,
            client_key: keys.client,
            secrets: keys.secrets,
            partner_key: keys.partner,
            app_id: backend.app_id(),
            folder: folder.to_owned(),
        };
        // Boxed: without it, the run would be too large a future for its callers.
        let (contract, sandbox) = (self.contract.clone(), mock.sandbox());
        let setting = BackendHarness::set(config.clone(), contract, sandbox, told, other_origin, launch, network);
        Box::pin(setting).await
    }

    /// Starts the mock; with a folder, the history is kept there.
    pub(super) async fn serve(
        &self,
        told: &Keys,
        clock: ClockStart,
        history: Option<PathBuf>,
    ) -> Result<MockServer, StartError> {
        let vendor = self.contract.vendor.clone();
        let mut config = MockConfig::new(vec![self.contract.clone()]);
        if let Some(address) = self.mock.listen {
            config.listen = address;
        }
        config.seed = self.seed;
        // The subject must not steer its judge.
        config.subject_only = true;
        config.clock = clock;
        config.history_dir = history;
        config.keys = BTreeMap::from([(vendor.clone(), KeyRing::of(&told.server, &told.client))]);
        config.secrets = BTreeMap::from([(vendor, told.secrets.clone())]);
        MockServer::start(config).await
    }

    /// The clock for the mock. Time stands still for an SDK whose clock can be moved, unless a backend runs in real
    /// time. Where nobody needs sockets, there is no real time at all.
    pub(super) fn clock(&self, driven: Option<&Driven>) -> ClockStart {
        if self.is_quiet() && driven.is_none_or(Driven::has_clock) {
            return ClockStart::Apart(START);
        }
        let is_real = self.backend.as_ref().is_some_and(|backend| !backend.launch.is_virtual());
        match driven {
            Some(driven) if driven.has_clock() && !is_real => ClockStart::At(START),
            _ => ClockStart::Real,
        }
    }

    pub(super) fn keys(&self) -> Keys {
        let mut secrets = Secrets::default();
        if let Some(hash) = &self.mock.server_hash {
            secrets.server_hash.clone_from(hash);
        }
        let own = |key: &Option<String>, known: &str| key.clone().unwrap_or_else(|| known.to_owned());
        let webhook = self.backend.as_ref().and_then(|backend| backend.config.webhook.as_ref());
        let user = webhook.and_then(|table| table.username.as_deref()).unwrap_or(WEBHOOK_USER);
        let password = webhook.and_then(|table| table.password.as_deref()).unwrap_or(WEBHOOK_PASSWORD);
        Keys {
            server: own(&self.mock.server_key, SERVER_KEY),
            client: own(&self.mock.client_key, CLIENT_KEY),
            partner: format!("{user}:{password}"),
            secrets,
        }
    }

    /// Records the subjects and their configuration in the history's header, for the rules.
    pub(super) fn describe(&self, sandbox: &Sandbox, subjects: Vec<Subject>, driven: Option<&Driven>) {
        let backend = self.backend.as_ref().filter(|_| subjects.contains(&Subject::ClientBackend));
        let users = backend.iter().flat_map(|backend| &backend.config.users).map(|user| user.name.clone()).collect();
        let mut capabilities = backend.map(|backend| self.can(backend)).unwrap_or_default();
        capabilities.extend(driven.iter().flat_map(|driven| driven.capabilities()));
        sandbox.describe(subjects, users, capabilities);
    }

    fn can(&self, backend: &BackendUnderTest) -> Vec<String> {
        let BackendUnderTest { config, launch } = backend;
        let calls = config.calls.list().map(|(name, _)| format!("call:{name}"));
        let is_opaque = config.calls.credential.as_ref().is_some_and(|call| call.outcome.pointer().is_none());
        let opaque = is_opaque.then(|| OPAQUE.to_owned());
        let restart = backend.can_restart().then(|| "restart".to_owned());
        let slow = self.slow.then(|| "slow".to_owned());
        let personal = config.knows_persons().then(|| "personal".to_owned());
        let clock = launch.is_virtual().then(|| rules::VIRTUAL.to_owned());
        let timeout = format!("vendor_timeout:{}", config.subject.vendor_timeout);
        let webhook = config.webhook.iter().flat_map(|table| {
            let probe = table.probe.as_ref().map(|_| "webhook:probe".to_owned());
            std::iter::once("webhook".to_owned()).chain(probe)
        });
        let more =
            restart.into_iter().chain(slow).chain(personal).chain(clock).chain([timeout]).chain(webhook).chain(opaque);
        calls.chain(more).collect()
    }
}

impl BackendUnderTest {
    /// The app that the backend's receiver is for: the one around the SDK.
    fn app_id(&self) -> String {
        let own = self.config.webhook.as_ref().and_then(|table| table.app_id.clone());
        own.unwrap_or_else(|| crate::sdk::APP_ID.to_owned())
    }
}
