//! The reference backend's client of its vendor: users, keys, and calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use standin_contracts::codec::{ClientKeys, Heard};
use standin_contracts::contract::{Contract, Operation, Route, WireResponse};
use standin_contracts::protocol::{CommandName, Field, Fields, Millis, ReplyName, Timestamp};

use super::behaviour::{AppRequest, BackendBehaviour};
use super::call_error::CallError;
use super::clock::VirtualClock;
use super::line::Line;
use crate::driver::{Started, UserTable};
use crate::network::Network;

/// The pauses before each retry, for calls whose pauses the contract does not define.
const PAUSES: [Millis; 2] = [Millis::from_secs(1), Millis::from_secs(2)];

/// A user of the client company's app.
#[derive(Debug, Clone, PartialEq)]
pub struct UserRecord {
    /// The name of the user in reports.
    pub name: String,
    /// The login that the user's app sends.
    pub login: String,
    /// The external id: the id under which the vendor knows the user. It is stable and does not reveal the person.
    pub external_id: String,
    /// Personal fields, for vendors whose contract asks for them.
    pub personal: Fields,
}

/// The outcome of a request to the vendor.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A success: the credential, or the state of a result.
    Granted(String),
    /// The vendor's refusal.
    Refused(WireResponse),
    /// The vendor kept failing, or its answer can't be read.
    Unavailable,
    /// No answer came.
    Unheard,
}

/// The users, the keys and the connection to the vendor.
pub struct VendorClient {
    contract: Arc<Contract>,
    told: Started,
    /// The users from the start, and those who signed up since.
    users: Mutex<Vec<UserRecord>>,
    /// The vendor's own user ids by external id, for vendors that register users first.
    registered: Mutex<BTreeMap<String, String>>,
    line: Line,
    clock: Arc<VirtualClock>,
}

impl VendorClient {
    /// A client of the vendor for a backend that is started with this configuration.
    pub(crate) fn new(
        contract: Arc<Contract>,
        told: Started,
        users: &[UserTable],
        clock: Arc<VirtualClock>,
        network: Option<&Network>,
    ) -> std::io::Result<Self> {
        let users = users.iter().enumerate().map(|(index, user)| user_record(index, user)).collect();
        let line = Line::new(told.vendor_url.clone(), clock.clone(), network).map_err(std::io::Error::other)?;
        Ok(Self { contract, told, users: Mutex::new(users), registered: Mutex::default(), line, clock })
    }

    /// The vendor's contract.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The backend's clock.
    pub fn clock(&self) -> &VirtualClock {
        &self.clock
    }

    /// The pauses before each retry of a call: those of the contract, or else defaults.
    pub fn pauses(&self, command: CommandName) -> Vec<Millis> {
        if command == CommandName::ReadBack {
            return self.contract.facts.read_back.retry_pauses.value.0.clone();
        }
        PAUSES.to_vec()
    }

    /// All users.
    pub fn users(&self) -> Vec<UserRecord> {
        self.users.lock().clone()
    }

    /// The user to whom a login belongs.
    pub fn by_login(&self, login: &str) -> Option<UserRecord> {
        self.users.lock().iter().find(|user| user.login == login).cloned()
    }

    /// Adds a user with this external id and returns the login. None if another user has the id.
    pub(super) fn sign_up(&self, external_id: String) -> Option<String> {
        let mut users = self.users.lock();
        if users.iter().any(|user| user.external_id == external_id) {
            return None;
        }
        let name = format!("{}-signed-up", users.len());
        let login = format!("{name}-login-77b0e2");
        users.push(UserRecord { name, login: login.clone(), external_id, personal: Fields::new() });
        Some(login)
    }

    /// Whether the vendor's contract accepts this external id.
    pub fn allows(&self, external_id: &str) -> bool {
        let commands = [CommandName::RegisterUser, CommandName::IssueCredential, CommandName::ReadBack];
        let command = commands.into_iter().find(|command| self.contract.has(*command));
        let fields = Fields::new().with(Field::ExternalId, external_id);
        let now = Timestamp::from_millis(0);
        let encoded = command.map(|command| {
            self.contract.encode_request(command, &fields, &ClientKeys::default(), &self.told.secrets, now)
        });
        let Some(Ok((operation, request))) = encoded else { return false };
        let path = request.target.split('?').next().unwrap_or_default();
        let Route::Found { parameters, .. } = self.contract.route(&request.method, path) else { return false };
        self.contract.decode_request(operation, &parameters, &request, None, &self.told.secrets).input.is_ok()
    }

    /// The server key. Only the backend may know it.
    pub fn server_key(&self) -> &str {
        &self.told.server_key
    }

    /// Requests from the vendor what the app asks for.
    pub async fn ask_vendor(&self, behaviour: &dyn BackendBehaviour, request: &AppRequest, fields: &Fields) -> Outcome {
        let command = command_of(&request.call);
        let mut fields = fields.clone();
        if self.registers_first(command) {
            match self.registered(behaviour, &fields).await {
                Ok(user_id) => fields.set(Field::UserId, user_id),
                Err(outcome) => return outcome,
            }
        }
        match self.finished(behaviour, command, &fields).await {
            Ok(heard) => granted(&heard),
            Err(outcome) => outcome,
        }
    }

    /// Has the vendor erase a user, by the vendor's id from the registration, or by the one that the app sent.
    pub async fn erase(&self, behaviour: &dyn BackendBehaviour, fields: &Fields, told: Option<&str>) -> Outcome {
        let external_id = fields.text(&Field::ExternalId).unwrap_or_default();
        let registered = self.registered.lock().remove(external_id);
        let Some(user_id) = registered.or_else(|| told.map(str::to_owned)) else { return Outcome::Unavailable };
        let fields = fields.clone().with(Field::UserId, user_id);
        match self.call(behaviour, CommandName::EraseUser, &fields).await {
            Ok(_) => Outcome::Granted("erased".to_owned()),
            Err(outcome) => outcome,
        }
    }

    /// Makes a call, and polls while its result is in progress, until the behaviour gives up.
    async fn finished(
        &self,
        behaviour: &dyn BackendBehaviour,
        command: CommandName,
        fields: &Fields,
    ) -> Result<Heard, Outcome> {
        let began = self.clock.now();
        loop {
            let heard = self.call(behaviour, command, fields).await?;
            if heard.replies.first() != Some(&ReplyName::ReadPending) {
                return Ok(heard);
            }
            let Some(pause) = behaviour.pause_before_poll(self, self.clock.now().since(began)) else {
                return Ok(heard);
            };
            self.clock.pause(pause).await;
        }
    }

    /// Whether the vendor requires that a user is registered before the command.
    fn registers_first(&self, command: CommandName) -> bool {
        let by_user_id = |operation: &Operation| {
            operation.parameters.iter().any(|parameter| parameter.shape.field == Some(Field::UserId))
        };
        self.contract.has(CommandName::RegisterUser) && self.contract.operation_for(command).is_some_and(by_user_id)
    }

    async fn registered(&self, behaviour: &dyn BackendBehaviour, fields: &Fields) -> Result<String, Outcome> {
        let external_id = fields.text(&Field::ExternalId).unwrap_or_default().to_owned();
        if let Some(known) = self.registered.lock().get(&external_id) {
            return Ok(known.clone());
        }
        let heard = self.call(behaviour, CommandName::RegisterUser, fields).await?;
        let user_id = heard.fields.text(&Field::UserId).ok_or(Outcome::Unavailable)?.to_owned();
        self.registered.lock().insert(external_id, user_id.clone());
        Ok(user_id)
    }

    /// Makes a call, and retries it while it fails temporarily.
    async fn call(
        &self,
        behaviour: &dyn BackendBehaviour,
        command: CommandName,
        fields: &Fields,
    ) -> Result<Heard, Outcome> {
        for tries in 0.. {
            let error = match self.attempt(behaviour, command, fields).await {
                Err(error) if error.is_passing() => error,
                done => return done.map_err(CallError::into_outcome),
            };
            let Some(pause) = behaviour.pause_before_try(self, command, tries, &error) else { break };
            self.clock.pause(pause).await;
        }
        Err(Outcome::Unavailable)
    }

    async fn attempt(
        &self,
        behaviour: &dyn BackendBehaviour,
        command: CommandName,
        fields: &Fields,
    ) -> Result<Heard, CallError> {
        let keys = ClientKeys { server: Some(self.told.server_key.clone()), ..ClientKeys::default() };
        let secrets = behaviour.secrets(&self.told.secrets);
        // A client backend's proofs do not depend on the time.
        let now = Timestamp::from_millis(0);
        let encoded = self.contract.encode_request(command, fields, &keys, &secrets, now);
        let (operation, mut request) = encoded.map_err(|_| CallError::NoAnswer)?;
        behaviour.touch(&mut request, fields, &self.told.server_key);
        let response = self.line.send(&request, behaviour.timeout()).await.ok_or(CallError::NoAnswer)?;
        if let (Some(to), Some(along)) = (response.header("location"), behaviour.follow(&request, response.status)) {
            self.line.send_to(to, &along).await;
        }
        match self.contract.decode_reply(operation, &response) {
            Some(heard) if heard.is_success() => Ok(heard),
            _ => Err(CallError::Answer(response)),
        }
    }
}

/// The command that an app's call leads to.
fn command_of(call: &str) -> CommandName {
    if call == "read_back" { CommandName::ReadBack } else { CommandName::IssueCredential }
}

/// The outcome of a successful reply.
fn granted(heard: &Heard) -> Outcome {
    if let Some(credential) = heard.fields.text(&Field::Credential) {
        return Outcome::Granted(credential.to_owned());
    }
    match heard.replies.first() {
        Some(ReplyName::CredentialIssued) | None => Outcome::Unavailable,
        Some(reply) => Outcome::Granted(reply.to_string()),
    }
}

fn user_record(index: usize, user: &UserTable) -> UserRecord {
    let mut personal = Fields::new();
    let parts = [
        (Field::PersonalEmail, &user.personal.email),
        (Field::PersonalPhone, &user.personal.phone),
        (Field::PersonalName, &user.personal.name),
    ];
    for (field, value) in parts {
        if let Some(value) = value {
            personal.set(field, value.as_str());
        }
    }
    // Letters and digits only: every vendor's contract accepts such an id.
    let made = || format!("c{:04}x7q{:02}", 4711 + 37 * index, index);
    let external_id = user.id.clone().unwrap_or_else(made);
    UserRecord { name: user.name.clone(), login: user.login.clone(), external_id, personal }
}
