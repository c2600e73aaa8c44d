//! The client backend as the harness uses it: its users, and what it obtains for them. Standin plays the backend
//! unless one is under test; then the harness asks that one as its app.

use standin_contracts::codec::{ClientKeys, Heard};
use standin_contracts::history::What;
use standin_contracts::protocol::{CommandName, Field, Fields};

use super::harness::SdkHarness;
use crate::adapter::SdkCommand;
use crate::backend_harness::BackendHarness;
use crate::driver::{Halt, UserTable};

impl SdkHarness {
    /// The label of a user in histories.
    pub fn user(&self, name: &str) -> String {
        let real = self.setup.backend_harness.as_ref().and_then(|backend_harness| person(backend_harness, name));
        real.map_or_else(|| self.label(name), |user| user.name.clone())
    }

    /// The id by which the client backend knows a user; `None` if it never gave one.
    pub fn external_id(&self, name: &str) -> Option<String> {
        match &self.setup.backend_harness {
            Some(backend_harness) => backend_harness.external_id(person(backend_harness, name)?),
            None => Some(self.label(name).replace('-', "x")),
        }
    }

    /// The command by which a user logs in to the app: with the client backend's own id where the vendor's SDK takes
    /// that.
    pub(super) fn login(&self, name: &str) -> Result<SdkCommand, Halt> {
        let no_app = || Halt::Harness("nobody logs in to an SDK".to_owned());
        let backend = self.backend.as_ref().ok_or_else(no_app)?;
        let user = backend.user(&self.user(name), &self.external_id(name).unwrap_or_default());
        let takes_id = !self.contract().has(CommandName::IssueCredential);
        Ok(SdkCommand::LogIn {
            authorization: format!("Bearer {}", user.login),
            user_id: user.id.filter(|_| takes_id),
            email: user.personal.email,
        })
    }

    /// Why there are fewer users than needed; `None` if there are enough.
    pub(super) fn lacks_users(&self, count: usize) -> Option<String> {
        let users = self.setup.backend_harness.as_ref()?.users().len();
        (users < count).then(|| format!("the file has {users} users, and this takes {count}"))
    }

    /// Obtains a credential for a user; `None` if the vendor issues none.
    pub async fn credential(&self, name: &str) -> Result<Option<String>, Halt> {
        let issues = self.contract().has(CommandName::IssueCredential);
        match &self.setup.backend_harness {
            None if issues => self.issue(name).await,
            None => Ok(None),
            Some(backend_harness) => {
                let user = person(backend_harness, name)
                    .ok_or_else(|| Halt::Harness(format!("the file has no user who could be {name}")))?;
                if issues {
                    return backend_harness.fresh_credential(user).await;
                }
                backend_harness.learn_id(user).await?;
                Ok(None)
            }
        }
    }

    async fn issue(&self, name: &str) -> Result<Option<String>, Halt> {
        let id = self.external_id(name).unwrap_or_default();
        let email = format!("{id}@example.org");
        let mut fields =
            Fields::new().with(Field::ExternalId, id).with(Field::PersonalEmail, email).with(Field::PersonalName, name);
        if self.contract().has(CommandName::RegisterUser) {
            let registered = self.call_as_backend(CommandName::RegisterUser, &fields).await?;
            let id = registered.and_then(|heard| heard.fields.text(&Field::UserId).map(str::to_owned));
            if let Some(id) = id {
                fields.set(Field::UserId, id);
            }
        }
        let issued = self.call_as_backend(CommandName::IssueCredential, &fields).await?;
        Ok(issued.and_then(|heard| heard.fields.text(&Field::Credential).map(str::to_owned)))
    }

    async fn call_as_backend(&self, command: CommandName, fields: &Fields) -> Result<Option<Heard>, Halt> {
        let keys = ClientKeys { server: Some(self.setup.server_key.clone()), ..ClientKeys::default() };
        let contract = self.contract();
        let encoded = contract.encode_request(command, fields, &keys, &self.setup.secrets, self.sandbox.now());
        let (operation, request) =
            encoded.map_err(|error| Halt::Harness(format!("the client backend's call can't be made: {error}")))?;
        let base = format!("{}/{}", self.url, contract.vendor);
        let response = self.client.send(&base, &request).await;
        let response =
            response.map_err(|failure| Halt::Harness(format!("the client backend's call failed: {}", failure.why)))?;
        Ok(contract.decode_reply(operation, &response).filter(Heard::is_success))
    }

    /// Waits until a backend under test has no open request to its vendor, so that none is open while time is moved
    /// on.
    pub(super) async fn calm_backend(&self) {
        if let Some(backend_harness) = &self.setup.backend_harness {
            backend_harness.wait_for_answers().await;
        }
    }

    /// Waits until no work of a backend under test is under way. SDKs are quiet by then.
    pub(super) async fn settle_backend(&self) -> Result<(), Halt> {
        if let Some(backend_harness) = &self.setup.backend_harness {
            return backend_harness.settle().await;
        }
        self.sandbox.record(What::Quiescent);
        Ok(())
    }
}

/// The user of the file for a name in a scenario: alice, bob, or the one of the number in `user7`. Any other name is
/// on a device of its own, and gets alice.
fn person<'s>(backend_harness: &'s BackendHarness, name: &str) -> Option<&'s UserTable> {
    let number = name.strip_prefix("user").and_then(|number| number.parse().ok());
    let place = number.unwrap_or(usize::from(name == "bob"));
    backend_harness.users().get(place)
}
