//! One event of a history.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::commands::{Call, Return};
use super::{Delivery, TlsAttempt};
use crate::protocol::{CommandName, Field, KeyKind, ProofState, ReplyName, Timestamp};

/// One event: where it stands, when it was, and what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The event's place in the history; the first has 1, each the next number.
    pub seq: u64,
    /// Sandbox time.
    pub at: Timestamp,
    /// Real time since the sandbox was made, in microseconds; it never runs backwards.
    pub mono_us: u64,
    /// What happened.
    pub event: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// A request, recorded before anybody validated it.
    Request(Arc<Request>),
    /// The answer to a request, recorded before its first byte left.
    Response(Arc<Response>),
    /// An answer, or a request, never arrived whole.
    SendFailed {
        /// The exchange.
        exchange: u64,
        /// What went wrong.
        why: String,
    },
    /// The sandbox's clock was changed.
    Clock(ClockChange),
    /// Faults were set or taken away.
    Fault(FaultChange),
    /// A key changed its state.
    Key(KeyChange),
    /// An install was switched off.
    Install(InstallChange),
    /// The subject was started, killed, or ended by itself.
    Subject(SubjectChange),
    /// An SDK, or an app that embeds one, was told to do something, or an app was seen to call its SDK.
    Call(Arc<Call>),
    /// What became of that.
    Returned(Arc<Return>),
    /// A client came to one of the mock's TLS listeners.
    Tls(TlsAttempt),
    /// A scenario began; what follows belongs to it.
    Scenario {
        /// The scenario's name.
        name: String,
    },
    /// No app request is open and no vendor call was made for a while.
    Quiescent,
    /// Older events were dropped from memory: what they held can't be judged.
    Dropped {
        /// How many.
        events: u64,
    },
}

/// Who spoke to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Leg {
    /// The company's app to its own backend.
    AppToBackend,
    /// The company's backend to the vendor.
    BackendToVendor,
    /// The SDK in the app to the vendor.
    SdkToVendor,
    /// A client, backend or SDK, to another origin than the vendor's, where a redirect sent it.
    BackendToOtherOrigin,
    /// The vendor to the company's backend: webhooks.
    VendorToBackend,
    /// The harness to the backend, to see what became of it.
    HarnessToBackend,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The number that joins it to its response.
    pub exchange: u64,
    /// Who spoke to whom.
    pub leg: Leg,
    /// The vendor it was for, on the vendor's legs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The label of the install that made it, where its base URL was one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install: Option<String>,
    /// The contract's operation, if the path and method are one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Header fields in the order they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// The secrets and personal values that were found in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placeholders: Vec<Placeholder>,
    /// What the vendor made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// What the harness meant by it, on the app's leg.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<AppIntent>,
    /// What was submitted, on the vendor's leg to the backend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The number that joins it to its request.
    pub exchange: u64,
    /// The status code.
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// The secrets and personal values that were found in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placeholders: Vec<Placeholder>,
    /// The canonical reply, on the vendor's legs; none where a fault answered in the vendor's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ReplyName>,
    /// The reply's fields.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
    /// The fault that changed it, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Whether the client could hear it.
    #[serde(default)]
    pub fate: Fate,
    /// What the harness read from it, on the app's leg.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<AppOutcome>,
}

/// What becomes of a response on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is sent whole.
    #[default]
    Delivered,
    /// Only a part of it is sent.
    Cut,
    /// Nothing of it is sent.
    Lost,
}

/// A body as text, redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// The body; after decompression if it came compressed; base64 if it is not UTF-8.
    pub text: String,
    /// How many bytes there were on the wire.
    pub bytes: usize,
    /// True if the body was gzip.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gzip: bool,
    /// True if the text is base64 of what came.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub base64: bool,
    /// True if the text is shorter than what came, because only so much is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// A secret or personal value that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Placeholder {
    /// Which value, such as `server_key#1`.
    pub label: String,
    /// Where.
    pub place: MessagePart,
    /// The encodings around it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub encoding: Vec<String>,
}

impl Placeholder {
    /// What the value is: `server_key`, `credential`, `email`, ...
    pub fn kind(&self) -> &str {
        self.label.split('#').next().unwrap_or_default()
    }
}

/// Where in a message something stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessagePart {
    /// In the path or query.
    Url,
    /// In the header field of this name, in lower case.
    Header(String),
    /// In the body.
    Body,
}

/// What the vendor made of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The command.
    pub command: CommandName,
    /// The fields that were read, redacted like the text.
    pub fields: Map<String, Value>,
    /// What was malformed, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub malformed: Option<String>,
    /// The field whose value is all that was malformed, if it was a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub malformed_field: Option<String>,
    /// Whether a proof was asked for and good.
    #[serde(default)]
    pub proof: ProofState,
    /// The kinds of key that were found where the contract's security says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyKind>,
    /// The kinds of key that the contract's security asks for, of which one alternative is enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wants: Vec<KeyKind>,
    /// Where the contract's security puts keys: header names in lower case, or `query`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_places: Vec<String>,
}

impl Step {
    /// What a field held, if it was text.
    pub fn text(&self, field: &Field) -> Option<&str> {
        self.fields.get(&field.to_string()).and_then(Value::as_str)
    }
}

impl Step {
    /// True if the call is malformed in nothing but the value of this field.
    pub fn is_malformed_in(&self, field: &Field) -> bool {
        self.malformed_field.as_ref().is_some_and(|name| *name == field.to_string())
    }
}

impl Response {
    /// What a field of the reply held, if it was text.
    pub fn text(&self, field: &Field) -> Option<&str> {
        self.fields.get(&field.to_string()).and_then(Value::as_str)
    }
}

/// What the harness meant by a request that it made as the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppIntent {
    /// The configured call, such as `credential`.
    pub call: String,
    /// The label of the user whose app this is.
    pub user: String,
    /// What the app showed as its login.
    pub login: Login,
    /// The label of the user whose id the app named, though the login is not that user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
}

/// What an app showed its backend as proof of who uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    /// The user's own login.
    Valid,
    /// None at all.
    Absent,
    /// The user's own login, changed at its end.
    Malformed,
    /// A well-formed login of nobody.
    Unknown,
}

/// What the harness read from an answer to the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppOutcome {
    /// True if the answer claims success, by the call's own definition of failure.
    pub success: bool,
    /// What stands where the call's outcome is expected, redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A change of the sandbox's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockChange {
    /// `freeze`, `run`, `advance` or `set`.
    pub change: String,
    /// The time after the change.
    pub now: Timestamp,
}

/// A change of the faults in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultChange {
    /// `set`, `cleared` or `released`.
    pub change: String,
    /// The fault, in words.
    pub fault: String,
}

/// A change of a key's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    /// The key's label, such as `server_key#1`.
    pub key: String,
    /// `valid`, `revoked`, `expired` or `without scope`.
    pub change: String,
}

/// A change of an install's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallChange {
    /// The install's id.
    pub install: String,
    /// `disabled`.
    pub change: String,
}

/// A change of the subject's process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectChange {
    /// `started`, `ready`, `killed` or `exited`.
    pub change: String,
}
