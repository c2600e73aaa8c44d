//! The part of a user's file that describes a client backend under test, its users and its mock.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::Millis;
use standin_contracts::rules::VENDOR_TIMEOUT;

use super::app::fill_json;

/// The placeholders in the commands, URL and environment of a backend.
pub(super) const SUBJECT_PLACEHOLDERS: &[&str] = &[
    "port",
    "vendor_url",
    "server_key",
    "client_key",
    "server_hash",
    "webhook_user",
    "webhook_password",
    "webhook_app_id",
    "folder",
];
/// The placeholders in the calls of its app.
pub(super) const PERSONAL_PLACEHOLDERS: &[&str] = &["login", "user", "id", "vendor_user"];

/// The placeholders in the webhook probe.
pub(super) const PROBE_PLACEHOLDERS: &[&str] = &["login", "user", "id", "vendor_user", "message_user"];

/// A client backend under test, as a file describes it.
#[derive(Debug, Clone)]
pub struct BackendConfig {
    /// The vendor whose client the backend is: the name of a shipped vendor, or the path of a contract file.
    pub vendor: String,
    /// The backend itself.
    pub subject: SubjectTable,
    /// The users that the backend knows; at least two.
    pub users: Vec<UserTable>,
    /// The calls that its app makes; at least one.
    pub calls: CallTables,
    /// Its receiver of the vendor's webhooks, if it has one.
    pub webhook: Option<WebhookTable>,
}

/// The start, address and time limits of a backend.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectTable {
    /// The backend's name in reports.
    pub name: String,
    /// The program and its arguments, run in the folder of the file. Without it the backend must be running already.
    #[serde(default)]
    pub start: Vec<String>,
    /// The URL at which it listens. `{port}` stands for a free port that Standin picks.
    pub url: String,
    /// The path that answers 200 once the backend is ready. Without it, an open port is enough.
    pub ready: Option<String>,
    /// The time limit for getting ready.
    #[serde(default = "ready_within")]
    pub ready_within: Millis,
    /// The time limit for an answer to its app.
    #[serde(default = "answers_within")]
    pub answers_within: Millis,
    /// The longest time that the backend waits for its vendor, from the start of a call to its last byte.
    #[serde(default = "vendor_timeout")]
    pub vendor_timeout: Millis,
    /// The environment. `{port}`, `{vendor_url}`, `{server_key}`, `{client_key}` and `{server_hash}` are filled in.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

fn ready_within() -> Millis {
    Millis::from_secs(30)
}

fn answers_within() -> Millis {
    Millis::from_secs(40)
}

fn vendor_timeout() -> Millis {
    VENDOR_TIMEOUT
}

/// The address and keys of the mock, for a backend that has them fixed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MockTable {
    /// The address to listen on. By default a free port on loopback.
    #[schemars(with = "Option<String>")]
    pub listen: Option<SocketAddr>,
    /// The server key that the backend has.
    pub server_key: Option<String>,
    /// The client key that its app has.
    pub client_key: Option<String>,
    /// The server hash that the backend has.
    pub server_hash: Option<String>,
    /// The root facts to change, by name, such as `credential.lifetime`.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
}

/// A user of the client company's app.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserTable {
    /// The user's name in reports.
    pub name: String,
    /// The login that the user's app sends to its backend: `{login}` in a call's headers.
    pub login: String,
    /// The id by which an app can name this user to its backend. By default the name, and the external id that the
    /// vendor was sent.
    pub id: Option<String>,
    /// The user's personal values, so that they can be recognised on the wire.
    #[serde(default)]
    pub personal: PersonalTable,
}

/// The personal values of a user.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonalTable {
    /// The e-mail address.
    pub email: Option<String>,
    /// The phone number.
    pub phone: Option<String>,
    /// The person's name.
    pub name: Option<String>,
}

/// The calls that the app makes to its backend.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallTables {
    /// Asks for a credential.
    pub credential: Option<CallTable>,
    /// Asks for the vendor's result for the user's data.
    pub read_back: Option<CallTable>,
    /// Asks for the id that the app gives to its SDK, for vendors whose SDK creates users by the client's own id.
    pub sdk_id: Option<CallTable>,
    /// Signs up a new user who asks for `{id}` as an id. The outcome is that user's login.
    pub sign_up: Option<CallTable>,
    /// Asks the backend to have the vendor erase the user. `{vendor_user}` is the vendor's id of the user.
    pub erase: Option<CallTable>,
}

/// The backend's receiver of the vendor's webhooks.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookTable {
    /// The receiver's path.
    pub path: String,
    /// The user name that the vendor sends to it. By default `standin`.
    pub username: Option<String>,
    /// The password that the vendor sends to it. By default `standin-webhook-password`.
    pub password: Option<String>,
    /// The app id with which the receiver answers the vendor's GET. By default `app-1`.
    pub app_id: Option<String>,
    /// A call whose outcome shows the effect of the messages about one user, as any JSON value. `{message_user}` is
    /// filled in too.
    pub probe: Option<CallTable>,
}

/// A call that the app makes to its backend. `{login}`, `{user}`, `{id}` and `{vendor_user}` are filled in everywhere.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallTable {
    /// The method. By default POST.
    #[serde(default = "post")]
    pub method: String,
    /// The path, with a query if there is one.
    pub path: String,
    /// The header fields. Requests without a login leave out each field that has `{login}`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, sent as JSON.
    pub json: Option<serde_json::Value>,
    /// The place of the outcome in the response: a JSON pointer, or empty for the whole body as text. `{ opaque = true }`
    /// if only the app can read it.
    pub outcome: OutcomePlace,
    /// A JSON pointer whose value is present, and neither null nor false, in responses that failed in spite of their
    /// status.
    pub failed_if: Option<String>,
}

/// The place of an outcome in a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OutcomePlace {
    /// A JSON pointer, or empty for the whole body as text.
    At(String),
    /// The response holds it in a form that only the app can read: encrypted, or behind a further request.
    Opaque(Opaque),
}

/// An outcome that only the app can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opaque {
    /// Always true.
    pub opaque: bool,
}

impl OutcomePlace {
    /// The JSON pointer to the outcome. `None` if only the app can read it.
    pub(crate) fn pointer(&self) -> Option<&str> {
        match self {
            Self::At(pointer) => Some(pointer),
            Self::Opaque(_) => None,
        }
    }
}

fn post() -> String {
    "POST".to_owned()
}

impl CallTable {
    /// The call with `{message_user}` filled in.
    pub(crate) fn about(&self, message_user: &str) -> Self {
        let fill = |text: &str| text.replace("{message_user}", message_user);
        let in_path = utf8_percent_encode(message_user, NON_ALPHANUMERIC).to_string();
        Self {
            path: self.path.replace("{message_user}", &in_path),
            headers: self.headers.iter().map(|(name, value)| (name.clone(), fill(value))).collect(),
            json: self.json.clone().map(|value| fill_json(value, &fill)),
            ..self.clone()
        }
    }
}

impl BackendConfig {
    /// Whether the file has a personal value of a user.
    pub(crate) fn knows_persons(&self) -> bool {
        let mut tables = self.users.iter().map(|user| &user.personal);
        tables.any(|PersonalTable { email, phone, name }| email.is_some() || phone.is_some() || name.is_some())
    }
}

impl CallTables {
    /// The calls that apps make repeatedly, by name, in the order in which scenarios make them.
    pub fn usual(&self) -> impl Iterator<Item = (&'static str, &CallTable)> {
        self.list().take_while(|(name, _)| ["credential", "read_back"].contains(name))
    }

    /// All calls by name.
    pub fn list(&self) -> impl Iterator<Item = (&'static str, &CallTable)> {
        let all = [
            ("credential", &self.credential),
            ("read_back", &self.read_back),
            ("sdk_id", &self.sdk_id),
            ("sign_up", &self.sign_up),
            ("erase", &self.erase),
        ];
        all.into_iter().filter_map(|(name, call)| Some((name, call.as_ref()?)))
    }
}
