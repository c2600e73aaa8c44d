//! How users come to be known: they sign up with their own backend, and their SDKs sign in at the vendor.

use standin_contracts::codec::{ClientKeys, EncodeError, Heard};
use standin_contracts::contract::{Operation, WireRequest};
use standin_contracts::history::{Leg, Response, What};
use standin_contracts::protocol::{CommandName, Field, Fields, ReplyName};

use super::{AT_MOST, BackendHarness, LARGEST_STOCK};
use crate::driver::{AppClient, Ask, CallResponse, Halt, PersonalTable, UserTable};

impl BackendHarness {
    /// Signs up a new user who wants this id. Nobody if that was refused, or if what came back is somebody else's login.
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

    /// A valid  of one user's app, after which the SDK does its part. Where the vendor learns of a user by its SDK
    /// alone, the app asks once more after that: before, there was nobody to tell of.
    pub async fn ask_and_sign_in(&self, call: &str, user: &UserTable) -> Result<Option<CallResponse>, Halt> {
        self.ask_and_sign_in_on("", call, user).await
    }

    /// The same on another device of the user or on a new install, of which this is the beginning of the names.
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

    /// A request after which the user's external id is known, if it shows; true if it was not known before.
    pub(crate) async fn ask_and_learn(&self, ask: Ask<'_>) -> Result<(Option<CallResponse>, bool), Halt> {
        let before = self.last_seq();
        let answer = self.ask(ask).await?;
        Ok((answer, self.learn(ask.user, before).await?))
    }

    /// A credential that one user's app gets for its SDK, and that is still good: the harness may have moved time over the life
    /// of what a backend has in stock, and no clock but the vendor's tells of that.
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

    /// True if the vendor issued this longer ago than it lasts.
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

    /// Sees to it that the id is known under which the app has its SDK create this user.
    pub async fn learn_id(&self, user: &UserTable) -> Result<(), Halt> {
        if self.external_id(user).is_none()
            && let Some(call) = self.calls().first()
        {
            self.ask_and_learn(Ask::valid(call, user)).await?;
        }
        Ok(())
    }

    /// The SDK's part: redeems a credential, or creates its user by external id where the vendor has no credentials.
    /// A contract without that operation has nothing to sign in to; one whose request can't be made is told.
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

    /// The mock records the exchange; what comes back is the vendor's business, but for its id of the user.
    async fn send_as_sdk(&self, user: &UserTable, operation: &Operation, request: &WireRequest) {
        let client = AppClient::new(self.http.clone(), AT_MOST);
        let Ok(response) = client.send(&self.told.vendor_url, request).await else { return };
        let heard = self.contract.decode_reply(operation, &response).filter(Heard::is_success);
        let id = heard.and_then(|heard| heard.fields.text(&Field::UserId).map(str::to_owned));
        self.vendor_users.lock().extend(id.map(|id| (user.name.clone(), id)));
    }

    /// The external id that the backend sends for a user, if it was seen.
    pub fn external_id(&self, user: &UserTable) -> Option<String> {
        self.ids.lock().get(&user.name).cloned()
    }

    /// The ids by which an app might name a user. Where the file doesn't tell, it may be what the vendor knows or what the
    /// backend's own people say, and a backend that knows no such user would seem to have seen through the app.
    pub fn ids_of(&self, user: &UserTable) -> Vec<String> {
        match &user.id {
            Some(id) => vec![id.clone()],
            None => {
                let other = self.external_id(user).filter(|id| *id != user.name);
                other.into_iter().chain([user.name.clone()]).collect()
            }
        }
    }

    /// Learns a user's external id; true if it was not known yet.
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

    /// The external id in the first vendor call after `before`.
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
