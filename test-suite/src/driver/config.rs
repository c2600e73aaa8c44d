//! What a user's file tells of a client backend under test, of its users and of its mock.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::Millis;
use standin_contracts::rules::VENDOR_TIMEOUT;

use super::app::fill_json;

/// What is filled in where the backend is started.
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
/// What is filled in where its app calls it.
pub(super) const PERSONAL_PLACEHOLDERS: &[&str] = &["login", "user", "id", "vendor_user"];

/// What is filled in where the harness looks at what became of a user.
pub(super) const PROBE_PLACEHOLDERS: &[&str] = &["login", "user", "id", "vendor_user", "message_user"];

/// A client backend under test, as a file describes it.
#[derive(Debug, Clone)]
pub struct BackendConfig {
    /// The vendor whose client the backend is: a shipped vendor's name, or the path of a contract file.
    pub vendor: String,
    /// The backend itself.
    pub subject: SubjectTable,
    /// Users that the backend knows; at least two.
    pub users: Vec<UserTable>,
    /// The calls that its app makes; at least one.
    pub calls: CallTables,
    /// Its receiver of the vendor's webhooks, if it has one.
    pub webhook: Option<WebhookTable>,
}

/// How the backend is started, reached and told where its vendor is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectTable {
    /// What reports call it.
    pub name: String,
    /// The program and its arguments, run in the folder of the file. Without it the backend must be running already.
    #[serde(default)]
    pub start: Vec<String>,
    /// Where it listens; `{port}` stands for a free port that Standin picks.
    pub url: String,
    /// The path that answers 200 once the backend is ready; without it, an open port is enough.
    pub ready: Option<String>,
    /// How long it may take to get ready.
    #[serde(default = "ready_within")]
    pub ready_within: Millis,
    /// How long it may take to answer its app.
    #[serde(default = "answers_within")]
    pub answers_within: Millis,
    /// How long it waits for its vendor at most, from the beginning of a call to its last byte.
    #[serde(default = "vendor_timeout")]
    pub vendor_timeout: Millis,
    /// Its environment; `{port}`, `{vendor_url}`, `{server_key}`, `{client_key}` and `{server_hash}` are filled in.
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

/// Address and keys of the mock, where the backend has them fixed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MockTable {
    /// The address to listen on; unless told otherwise a free port on loopback.
    #[schemars(with = "Option<String>")]
    pub listen: Option<SocketAddr>,
    /// The server key that the backend has.
    pub server_key: Option<String>,
    /// The client key that its app has.
    pub client_key: Option<String>,
    /// The server hash that the backend has.
    pub server_hash: Option<String>,
    /// Root facts to change, by name, such as `credential.lifetime`.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
}

/// One user of the company's app.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserTable {
    /// What reports call the user.
    pub name: String,
    /// What the user's app shows its backend; `{login}` in a call's headers.
    pub login: String,
    /// The id by which an app could name this user to its backend; unless told otherwise the name, and what the vendor was sent.
    pub id: Option<String>,
    /// Personal values, so that they can be recognised on the wire.
    #[serde(default)]
    pub personal: PersonalTable,
}

/// What is personal about a user.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonalTable {
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// Name.
    pub name: Option<String>,
}

/// The calls that the app makes of its backend.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallTables {
    /// Asks for a credential.
    pub credential: Option<CallTable>,
    /// Asks for what the vendor made of the user's data.
    pub read_back: Option<CallTable>,
    /// Asks for the id that the app gives to its SDK, for vendors whose SDK creates users by the client's own id.
    pub sdk_id: Option<CallTable>,
    /// Signs up a new user who wants `{id}` for an id; the outcome is that user's login.
    pub sign_up: Option<CallTable>,
    /// Asks the backend to have the user erased at the vendor, where the user is `{vendor_user}`.
    pub erase: Option<CallTable>,
}

/// Where the backend takes the vendor's webhooks.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookTable {
    /// The receiver's path.
    pub path: String,
    /// The user that the vendor names to it; unless told otherwise `standin`.
    pub username: Option<String>,
    /// The password that the vendor shows to it; unless told otherwise `standin-webhook-password`.
    pub password: Option<String>,
    /// The app whose id it answers the vendor's GET with; unless told otherwise `app-1`.
    pub app_id: Option<String>,
    /// A call whose outcome shows what the messages about one user led to: any JSON value. `{message_user}` is filled in too.
    pub probe: Option<CallTable>,
}

/// One call that the app makes of its backend. `{login}`, `{user}`, `{id}` and `{vendor_user}` are filled in everywhere.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallTable {
    /// The method; unless told otherwise POST.
    #[serde(default = "post")]
    pub method: String,
    /// The path, with a query if there is one.
    pub path: String,
    /// Header fields. A field with `{login}` is what tells the user: requests without a login leave it out.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, sent as JSON.
    pub json: Option<serde_json::Value>,
    /// Where the outcome stands in the answer: a JSON pointer, or empty for the whole body as text.
    pub outcome: String,
    /// A JSON pointer that is there, and neither null nor false, in answers that failed in spite of their status.
    pub failed_if: Option<String>,
}

fn post() -> String {
    "POST".to_owned()
}

impl CallTable {
    /// The call with the id by which messages name the user put in its place.
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
    /// True if the file tells something personal of a user.
    pub(crate) fn knows_persons(&self) -> bool {
        let mut tables = self.users.iter().map(|user| &user.personal);
        tables.any(|PersonalTable { email, phone, name }| email.is_some() || phone.is_some() || name.is_some())
    }
}

impl CallTables {
    /// The calls that apps make again and again, by name, in the order in which scenarios make them.
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
