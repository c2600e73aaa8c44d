//! How the vendor gets to know users: they sign up with their own backend, and their SDKs sign in at the vendor.

use standin_contracts::codec::{ClientKeys, EncodeError, Heard};
use standin_contracts::contract::{Operation, WireRequest};
use standin_contracts::history::{Leg, Response, What};
use standin_contracts::protocol::{CommandName, Field, Fields, ReplyName};

use super::{AT_MOST, BackendHarness, LARGEST_STOCK};
use crate::driver::{Ask, CallResponse, Halt, PersonalTable, UserTable};

impl BackendHarness {
    /// Signs up a new user who asks for this id. None if the backend refused, or answered with another user's login.
    pub async fn sign_up(&self, name: &str, id: &str) -> Result<Option<UserTable>, Halt> {
        let newcomer = |login: String| UserTable {
            name: name.to_owned(),
            login,
            id: Some(id.to_owned()),
            personal: PersonalTable::default(),
        };
        let answer = self.ask(Ask::valid("sign_up", &newcomer(String::new()))).await?;
        let login = answer.filter(|answer| answer.outcome.success).and_then(|answer| answer.outcome.value);
        let Some(login) = login.filter(|login| self.config.users.iter().all(|user| user.login != *login)) else {
            return Ok(None);
        };
        let mut signed_up = self.signed_up.lock();
        if signed_up.contains(&login) {
            return Ok(None);
        }
        signed_up.push(login.clone());
        Ok(Some(newcomer(login)))
    }

    /// Makes a valid request of one user's app, after which the SDK signs in. Where the vendor learns of a user only
    /// through the SDK, the app then asks once more, since the vendor did not know the user before.
    pub async fn ask_and_sign_in(&self, call: &str, user: &UserTable) -> Result<Option<CallResponse>, Halt> {
        self.ask_and_sign_in_on("", call, user).await
    }

    /// Makes the request and signs in on another device or new install of the user, whose ids begin with `device`.
    pub async fn ask_and_sign_in_on(
        &self,
        device: &str,
        call: &str,
        user: &UserTable,
    ) -> Result<Option<CallResponse>, Halt> {
        let (answer, is_new) = self.ask_and_learn(Ask::valid(call, user)).await?;
        let credential = answer.as_ref().filter(|answer| answer.outcome.success && call == "credential");
        self.sign_in(device, user, credential.and_then(|answer| answer.outcome.value.as_deref())).await?;
        if is_new && !self.contract.has(CommandName::IssueCredential) {
            return self.ask(Ask::valid(call, user)).await;
        }
        Ok(answer)
    }

    /// Makes a request and learns the user's external id, if it shows. The flag says whether it was unknown before.
    pub(crate) async fn ask_and_learn(&self, ask: Ask<'_>) -> Result<(Option<CallResponse>, bool), Halt> {
        let before = self.last_seq();
        let answer = self.ask(ask).await?;
        Ok((answer, self.learn(ask.user, before).await?))
    }

    /// A credential for one user's SDK that has not expired. The harness may have moved time beyond the lifetime of a
    /// backend's stock, which only the vendor's clock shows.
    pub async fn fresh_credential(&self, user: &UserTable) -> Result<Option<String>, Halt> {
        for _ in 0..LARGEST_STOCK {
            let (answer, _) = self.ask_and_learn(Ask::valid("credential", user)).await?;
            let outcome = answer.filter(|answer| answer.outcome.success).and_then(|answer| answer.outcome.value);
            if outcome.as_deref().is_none_or(|credential| !self.is_outlived(credential)) {
                return Ok(outcome);
            }
        }
        Ok(None)
    }

    /// Whether the vendor issued the credential at least its lifetime ago.
    fn is_outlived(&self, credential: &str) -> bool {
        let label = self.sandbox.redact(credential);
        let is_issue = |response: &Response| {
            response.reply == Some(ReplyName::CredentialIssued)
                && response.placeholders.iter().any(|placeholder| placeholder.label == label)
        };
        let events = self.sandbox.history_after(0, usize::MAX);
        let issued = events.iter().rev().find(|event| matches!(&event.event, What::Response(one) if is_issue(one)));
        let lifetime = self.contract.facts.credential.lifetime.value;
        issued.is_some_and(|issued| self.sandbox.now().since(issued.at) >= lifetime)
    }

    /// Learns the external id of a user, unless it is known, by a request of the user's app.
    pub async fn learn_id(&self, user: &UserTable) -> Result<(), Halt> {
        if self.external_id(user).is_none()
            && let Some(call) = self.calls().first()
        {
            self.ask_and_learn(Ask::valid(call, user)).await?;
        }
        Ok(())
    }

    /// Signs the SDK in: it redeems a credential, or creates its user by external id where the vendor has no
    /// credentials. Does nothing for a contract without that operation. Fails if the request can't be encoded.
    async fn sign_in(&self, device: &str, user: &UserTable, credential: Option<&str>) -> Result<(), Halt> {
        let mut fields = Fields::new()
            .with(Field::InstallId, format!("{device}install-of-{}", user.name))
            .with(Field::DeviceId, format!("{device}device-of-{}", user.name))
            .with(Field::Platform, "android")
            .with(Field::DeviceKind, "phone")
            .with(Field::AppId, "app-1");
        match (credential, self.external_id(user)) {
            (Some(credential), _) => fields.set(Field::Credential, credential),
            (None, Some(id)) if !self.contract.has(CommandName::IssueCredential) => fields.set(Field::ExternalId, id),
            _ => return Ok(()),
        }
        let keys = ClientKeys { client: Some(self.told.client_key.clone()), ..ClientKeys::default() };
        let now = self.sandbox.now();
        let encoded = self.contract.encode_request(CommandName::CreateUser, &fields, &keys, &self.told.secrets, now);
        match encoded {
            Ok((operation, request)) => self.send_as_sdk(user, operation, &request).await,
            Err(EncodeError::NoOperation(_)) => {}
            Err(missing) => return Err(Halt::Harness(format!("the SDK's sign-in can't be made: {missing}"))),
        }
        Ok(())
    }

    /// Sends the SDK's request and keeps the vendor's id of the user. The mock records the exchange.
    async fn send_as_sdk(&self, user: &UserTable, operation: &Operation, request: &WireRequest) {
        let Ok(response) = self.app.within(AT_MOST).send(&self.told.vendor_url, request).await else { return };
        let heard = self.contract.decode_reply(operation, &response).filter(Heard::is_success);
        let id = heard.and_then(|heard| heard.fields.text(&Field::UserId).map(str::to_owned));
        self.vendor_users.lock().extend(id.map(|id| (user.name.clone(), id)));
    }

    /// The external id that the backend sends for a user, if it was seen.
    pub fn external_id(&self, user: &UserTable) -> Option<String> {
        self.ids.lock().get(&user.name).cloned()
    }

    /// The ids by which an app may name a user. If the file gives none, that is the external id, or else a name that
    /// the backend uses itself. A backend that does not know the id would seem to have rejected an impersonation
    /// attempt.
    pub fn ids_of(&self, user: &UserTable) -> Vec<String> {
        match &user.id {
            Some(id) => vec![id.clone()],
            None => {
                let other = self.external_id(user).filter(|id| *id != user.name);
                other.into_iter().chain([user.name.clone()]).collect()
            }
        }
    }

    /// Learns a user's external id. Returns whether it was unknown before.
    async fn learn(&self, user: &UserTable, before: u64) -> Result<bool, Halt> {
        if self.external_id(user).is_some() {
            return Ok(false);
        }
        let id = match self.config.calls.sdk_id {
            Some(_) => self.ask(Ask::valid("sdk_id", user)).await?.and_then(|answer| answer.outcome.value),
            None => self.sent_id(before),
        };
        let is_new = id.is_some();
        self.ids.lock().extend(id.map(|id| (user.name.clone(), id)));
        Ok(is_new)
    }

    /// The external id in the first vendor call after event `before`.
    fn sent_id(&self, before: u64) -> Option<String> {
        let seen = self.sandbox.history_after(before, usize::MAX);
        seen.iter().find_map(|event| match &event.event {
            What::Request(request) if request.leg == Leg::BackendToVendor => {
                request.step.as_ref()?.text(&Field::ExternalId).map(str::to_owned)
            }
            _ => None,
        })
    }
}
