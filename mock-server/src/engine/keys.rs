//! The keys that a vendor issued to its client companies.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::Timestamp;

/// The keys of one vendor in one sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyRing {
    /// The keys of client backends.
    pub server: Vec<ServerKey>,
    /// The keys of apps.
    pub client: Vec<ClientKey>,
}

/// The secret key of a client backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerKey {
    /// The secret.
    pub value: String,
    /// The placeholder for the key in histories, such as `server_key#1`.
    pub label: String,
    /// The app that the key belongs to. None: the key is valid for all apps.
    pub app_id: Option<String>,
    /// The calls that the key allows.
    pub scopes: Scopes,
    /// Whether the key is valid.
    pub state: KeyState,
    /// The moment at which the key expires, in sandbox time. None: it never expires.
    pub expires_at: Option<Timestamp>,
}

/// The key inside an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKey {
    /// The key.
    pub value: String,
    /// The placeholder for the key in histories, such as `client_key#1`.
    pub label: String,
    /// The app that the key belongs to. None: the vendor does not distinguish apps.
    pub app_id: Option<String>,
    /// Whether the key is valid.
    pub state: KeyState,
}

/// The calls that a server key allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scopes {
    /// Every call.
    All,
    /// Calls that require no scopes but these.
    Only(BTreeSet<String>),
}

/// The state of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// The key is valid.
    #[default]
    Valid,
    /// The vendor revoked the key.
    Revoked,
    /// The key has expired.
    Expired,
    /// The key has no scopes: it allows no call that requires such a key.
    WithoutScope,
}

impl KeyState {
    /// The state as histories word it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::WithoutScope => "without scope",
        }
    }
}

impl ServerKey {
    /// A valid key that allows every call of every app.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
            app_id: None,
            scopes: Scopes::All,
            state: KeyState::Valid,
            expires_at: None,
        }
    }

    /// Whether the key allows calls that require these scopes.
    pub(super) fn covers(&self, scopes: &[String]) -> bool {
        self.state != KeyState::WithoutScope
            && match &self.scopes {
                Scopes::All => true,
                Scopes::Only(granted) => scopes.iter().all(|scope| granted.contains(scope)),
            }
    }
}

impl ClientKey {
    /// A valid key for all apps.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), app_id: None, state: KeyState::Valid }
    }
}

impl KeyRing {
    /// One server key and one client key.
    pub fn of(server: &str, client: &str) -> Self {
        Self {
            server: vec![ServerKey::new(server, "server_key#1")],
            client: vec![ClientKey::new(client, "client_key#1")],
        }
    }

    /// Whether the value is one of the keys.
    pub fn knows(&self, value: &str) -> bool {
        self.server.iter().any(|key| key.value == value) || self.client.iter().any(|key| key.value == value)
    }

    /// All keys, as pairs of value and label.
    pub fn labelled(&self) -> impl Iterator<Item = (&str, &str)> {
        let server = self.server.iter().map(|key| (key.value.as_str(), key.label.as_str()));
        server.chain(self.client.iter().map(|key| (key.value.as_str(), key.label.as_str())))
    }

    pub(super) fn server_key(&self, value: &str) -> Option<&ServerKey> {
        self.server.iter().find(|key| key.value == value)
    }

    /// The state of the key with this label. The error holds the labels that exist.
    pub(crate) fn state_of(&mut self, label: &str) -> Result<&mut KeyState, Vec<String>> {
        let known = self.labelled().map(|(_, label)| label.to_owned()).collect();
        let server = self.server.iter_mut().map(|key| (&key.label, &mut key.state));
        let client = self.client.iter_mut().map(|key| (&key.label, &mut key.state));
        let found = server.chain(client).find(|(own, _)| *own == label);
        found.map(|(_, state)| state).ok_or(known)
    }

    pub(super) fn client_key(&self, value: &str) -> Option<&ClientKey> {
        self.client.iter().find(|key| key.value == value)
    }
}
