//! The keys that a vendor gave to its client companies.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::Timestamp;

/// The keys of one vendor in one sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyRing {
    /// The secrets of client backends.
    pub server: Vec<ServerKey>,
    /// The keys inside apps.
    pub client: Vec<ClientKey>,
}

/// A client backend's secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerKey {
    /// The secret.
    pub value: String,
    /// How histories name it, such as `server_key#1`.
    pub label: String,
    /// The app it belongs to; none if it is good for all.
    pub app_id: Option<String>,
    /// What it is good for.
    pub scopes: Scopes,
    /// Whether it is good at all.
    pub state: KeyState,
    /// When its life ends, if ever.
    pub expires_at: Option<Timestamp>,
}

/// The key inside an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKey {
    /// The key.
    pub value: String,
    /// How histories name it, such as `client_key#1`.
    pub label: String,
    /// The app it belongs to; none if the vendor tells no apps apart.
    pub app_id: Option<String>,
    /// Whether it is good at all.
    pub state: KeyState,
}

/// What a server key is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scopes {
    /// Every call.
    All,
    /// Calls that ask for no more than these.
    Only(BTreeSet<String>),
}

/// Whether a key is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It is.
    #[default]
    Valid,
    /// The vendor took it back.
    Revoked,
    /// Its life is over.
    Expired,
    /// It is good for no call that needs such a key.
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
    /// A valid key, good for every call of every app.
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

    /// True if the key is good for calls that ask for these scopes.
    pub(super) fn covers(&self, scopes: &[String]) -> bool {
        self.state != KeyState::WithoutScope
            && match &self.scopes {
                Scopes::All => true,
                Scopes::Only(granted) => scopes.iter().all(|scope| granted.contains(scope)),
            }
    }
}

impl ClientKey {
    /// A key for all apps.
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

    /// True if the value is one of the keys.
    pub fn knows(&self, value: &str) -> bool {
        self.server.iter().any(|key| key.value == value) || self.client.iter().any(|key| key.value == value)
    }

    /// Every key as value and label.
    pub fn labelled(&self) -> impl Iterator<Item = (&str, &str)> {
        let server = self.server.iter().map(|key| (key.value.as_str(), key.label.as_str()));
        server.chain(self.client.iter().map(|key| (key.value.as_str(), key.label.as_str())))
    }

    pub(super) fn server_key(&self, value: &str) -> Option<&ServerKey> {
        self.server.iter().find(|key| key.value == value)
    }

    /// The state of the key of this label; the labels that there are if it is none of them.
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
