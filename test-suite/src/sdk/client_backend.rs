//! The client backend of an app under test: the reference, run by Standin.

use std::sync::Arc;

use standin_contracts::protocol::{Field, Fields};
use standin_mock_server::{MockServer, Sandbox};
use tempfile::TempDir;

use super::SdkHarnessSetup;
use super::harness::APP_ID;
use crate::backend_harness::know_users;
use crate::driver::{Halt, PersonalTable, Started, UserTable};
use crate::reference::{
    AppRequest, BackendBehaviour, ReferenceBackend, UserRecord, VendorClient, VirtualClock, WebhookReceiver,
};

/// The prefix of the users' logins.
const LOGIN: &str = "login-of-";

/// The running client backend of an app.
pub(super) struct ClientBackend {
    running: ReferenceBackend,
    sandbox: Sandbox,
    _folder: TempDir,
}

impl ClientBackend {
    /// Starts it on the network of the harness, or else on a free loopback port.
    pub(super) fn start(setup: &SdkHarnessSetup, mock: &MockServer) -> Result<Self, Halt> {
        let cant = |error| Halt::Harness(format!("can't start the app's client backend: {error}"));
        let folder = tempfile::tempdir().map_err(cant)?;
        let told = Started {
            vendor_url: mock.vendor_url(&setup.contract.vendor),
            server_key: setup.server_key.clone(),
            client_key: setup.client_key.clone(),
            secrets: setup.secrets.clone(),
            partner_key: String::new(),
            app_id: APP_ID.to_owned(),
            folder: folder.path().to_owned(),
        };
        let webhook_receiver = WebhookReceiver::new(setup.contract.clone(), told.clone(), Arc::default());
        let network = setup.network.as_ref();
        let vendor_client =
            VendorClient::new(setup.contract.clone(), told, &[], clock(mock.sandbox()), network).map_err(cant)?;
        let running = ReferenceBackend::start(Arc::new(ForAnybody), vendor_client, webhook_receiver, network);
        let running = running.map_err(cant)?;
        Ok(Self { running, sandbox: mock.sandbox(), _folder: folder })
    }

    pub(super) fn url(&self) -> &str {
        self.running.url()
    }

    /// Creates a user of the app with the id that the vendor will know. From now on histories redact the user's
    /// secrets and personal data.
    pub(super) fn user(&self, label: &str, external_id: &str) -> UserTable {
        let user = user(external_id);
        let email = user.personal.text(&Field::PersonalEmail).map(str::to_owned);
        let personal = PersonalTable { email, ..PersonalTable::default() };
        let user = UserTable { name: label.to_owned(), login: user.login, id: Some(user.external_id), personal };
        know_users(&self.sandbox, std::slice::from_ref(&user));
        user
    }
}

/// A clock on the sandbox's time. It keeps running if it ran before.
fn clock(sandbox: Sandbox) -> Arc<VirtualClock> {
    let ran = sandbox.is_running();
    let clock = VirtualClock::new(sandbox.clone());
    if ran {
        sandbox.run();
    }
    clock
}

/// Accepts every login of Standin's own users: each scenario has its own.
struct ForAnybody;

impl BackendBehaviour for ForAnybody {
    fn who(&self, _: &VendorClient, request: &AppRequest) -> Option<UserRecord> {
        request.login.as_deref()?.strip_prefix(LOGIN).map(user)
    }
}

fn user(external_id: &str) -> UserRecord {
    // A name equal to the id would be redacted from the history, and the id with it.
    let personal = Fields::new()
        .with(Field::PersonalEmail, format!("{external_id}@example.org"))
        .with(Field::PersonalName, format!("{external_id} Example"));
    UserRecord {
        name: external_id.to_owned(),
        login: format!("{LOGIN}{external_id}"),
        external_id: external_id.to_owned(),
        personal,
    }
}
