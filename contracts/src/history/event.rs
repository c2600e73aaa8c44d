//! One event of a history.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::commands::{Call, Return};
use super::{Delivery, TlsAttempt};
use crate::protocol::{CommandName, Field, KeyKind, ProofState, ReplyName, Timestamp};

/// One event of a history, with its number and its times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The event's number in the history. The first event has 1, and each further one the next number.
    pub seq: u64,
    /// The sandbox time.
    pub at: Timestamp,
    /// The real time since the sandbox was made, in microseconds. Never decreases.
    pub mono_us: u64,
    /// The content of the event.
    pub event: What,
}

/// The content of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// A request, recorded before it is validated.
    Request(Arc<Request>),
    /// The answer to a request, recorded before its first byte is sent.
    Response(Arc<Response>),
    /// A request or an answer that did not arrive completely.
    SendFailed {
        /// The number of the exchange.
        exchange: u64,
        /// The cause, in words.
        why: String,
        /// Whether a delivery reached nobody: no connection to the receiver came about.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unreached: bool,
    },
    /// A change of the sandbox's clock.
    Clock(ClockChange),
    /// A change of the faults in force.
    Fault(FaultChange),
    /// A change of a key's state.
    Key(KeyChange),
    /// A change of an install's state.
    Install(InstallChange),
    /// A change of the subject's process.
    Subject(SubjectChange),
    /// A command to an SDK or to an app that embeds one, or an SDK call that was observed inside an app.
    Call(Arc<Call>),
    /// The result of a command or call.
    Returned(Arc<Return>),
    /// A connection to one of the mock's TLS listeners.
    Tls(TlsAttempt),
    /// The start of a scenario. The events that follow belong to it.
    Scenario {
        /// The scenario's name.
        name: String,
    },
    /// A quiet period: no app request is open, and no vendor call was made for a while.
    Quiescent,
    /// A gap: older events were dropped from memory, and can't be judged.
    Dropped {
        /// The number of dropped events.
        events: u64,
    },
}

/// The sender and the receiver of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Leg {
    /// The company's app to its own backend.
    AppToBackend,
    /// The company's backend to the vendor.
    BackendToVendor,
    /// The SDK in the app to the vendor.
    SdkToVendor,
    /// A client, backend or SDK, to another origin than the vendor's, where a redirect leads.
    BackendToOtherOrigin,
    /// The vendor to the company's backend: webhooks.
    VendorToBackend,
    /// The harness to the backend, to read the backend's state.
    HarnessToBackend,
    /// A browser to the vendor, for itself: a preflight, a favicon, a person's look. Nobody's protocol.
    BrowserToVendor,
}

impl Leg {
    /// Whether a client backend is asked or told something.
    pub fn is_to_backend(self) -> bool {
        matches!(self, Self::AppToBackend | Self::VendorToBackend | Self::HarnessToBackend)
    }
}

/// A request as it was received.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The number that links the request to its response.
    pub exchange: u64,
    /// The sender and the receiver.
    pub leg: Leg,
    /// The vendor that the request is for, on the vendor's legs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The label of the install that sent the request, if the install has a base URL of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install: Option<String>,
    /// The id of the contract's operation at this method and path, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Header fields in the order of arrival, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// The secrets and personal values that were found in the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placeholders: Vec<Placeholder>,
    /// The request as the vendor decoded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// The harness's intent with the request, on the app's leg.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<AppIntent>,
    /// The delivery that the request carries, on the vendor's leg to the backend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The number that links the response to its request.
    pub exchange: u64,
    /// The status code.
    pub status: u16,
    /// Header fields, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// The secrets and personal values that were found in the response.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placeholders: Vec<Placeholder>,
    /// The canonical reply, on the vendor's legs. None if a fault answered in the vendor's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ReplyName>,
    /// The reply's fields.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
    /// The fault that changed the response, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The part of the response that was sent.
    #[serde(default)]
    pub fate: Fate,
    /// The harness's reading of the response, on the app's leg.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<AppOutcome>,
}

/// The part of a response that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// All of the response.
    #[default]
    Delivered,
    /// Only a part of the response.
    Cut,
    /// Nothing.
    Lost,
}

/// A body as text, redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// The body, after decompression if it was compressed. Base64 if it is not UTF-8.
    pub text: String,
    /// The number of bytes on the wire.
    pub bytes: usize,
    /// Whether the body was gzip.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gzip: bool,
    /// Whether the text is base64 of the body.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub base64: bool,
    /// Whether the text is incomplete, because only a limited part of a body is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// A secret or personal value that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Placeholder {
    /// The label of the value, such as `server_key#1`.
    pub label: String,
    /// The part of the message that holds the value.
    pub place: MessagePart,
    /// The encodings around it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub encoding: Vec<String>,
}

impl Placeholder {
    /// The kind of value: `server_key`, `credential`, `email`, ...
    pub fn kind(&self) -> &str {
        self.label.split('#').next().unwrap_or_default()
    }
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessagePart {
    /// The path or the query.
    Url,
    /// The header field of this name, in lower case.
    Header(String),
    /// The body.
    Body,
}

/// A request as the vendor decoded it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The command.
    pub command: CommandName,
    /// The decoded fields, redacted like the text.
    pub fields: Map<String, Value>,
    /// The reason why the request is malformed, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub malformed: Option<String>,
    /// The field whose value is the only thing malformed, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub malformed_field: Option<String>,
    /// Whether a proof was asked for, and whether it was right.
    #[serde(default)]
    pub proof: ProofState,
    /// The kinds of key that were found at the places that the contract's security names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyKind>,
    /// The kinds of key in the operation's security alternatives, of which one alternative is enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wants: Vec<KeyKind>,
    /// The places of keys by the contract's security: header names in lower case, or `query`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_places: Vec<String>,
}

impl Step {
    /// The value of a field, if it is text.
    pub fn text(&self, field: &Field) -> Option<&str> {
        self.fields.get(&field.to_string()).and_then(Value::as_str)
    }
}

impl Step {
    /// Whether the value of this field is the only thing malformed in the call.
    pub fn is_malformed_in(&self, field: &Field) -> bool {
        self.malformed_field.as_ref().is_some_and(|name| *name == field.to_string())
    }
}

impl Response {
    /// The value of a field of the reply, if it is text.
    pub fn text(&self, field: &Field) -> Option<&str> {
        self.fields.get(&field.to_string()).and_then(Value::as_str)
    }
}

/// The harness's intent with a request that it sends as the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppIntent {
    /// The name of the configured call, such as `credential`.
    pub call: String,
    /// The label of the app's user.
    pub user: String,
    /// The login that the app presents.
    pub login: Login,
    /// The label of another user, whose id the app names although the login is not that user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// The place of the request in which it names that user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_in: Option<NamedIn>,
    /// Whether one member of the body is all that differs from an honest request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
}

impl AppIntent {
    /// The intent of an honest app.
    pub fn new(call: impl Into<String>, user: impl Into<String>, login: Login) -> Self {
        Self { call: call.into(), user: user.into(), login, named: None, named_in: None, alone: false }
    }
}

/// The place of a request in which an app names another user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NamedIn {
    /// Parameters of the query.
    Query,
    /// A header field.
    Header,
    /// A cookie.
    Cookie,
    /// A segment of the path.
    Path,
    /// Members of a JSON body.
    Body,
    /// Fields of a form as the body.
    Form,
}

impl NamedIn {
    /// Every place.
    pub const ALL: [Self; 6] = [Self::Query, Self::Header, Self::Cookie, Self::Path, Self::Body, Self::Form];

    /// The place in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Header => "headers",
            Self::Cookie => "cookies",
            Self::Path => "path",
            Self::Body => "body",
            Self::Form => "form",
        }
    }
}

/// The login that an app presents to its backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    /// The user's own login.
    Valid,
    /// No login.
    Absent,
    /// The user's own login, changed at its end.
    Malformed,
    /// A well-formed login that belongs to no user.
    Unknown,
}

/// The harness's reading of an answer to the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppOutcome {
    /// Whether the answer claims success, by the call's own definition of failure.
    pub success: bool,
    /// The value at the place of the call's `outcome`, redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A change of the sandbox's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockChange {
    /// The change: `freeze`, `run`, `advance` or `set`.
    pub change: String,
    /// The time after the change.
    pub now: Timestamp,
}

/// A change of the faults in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultChange {
    /// The change: `set`, `cleared` or `released`.
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
    /// The new state: `valid`, `revoked`, `expired` or `without scope`.
    pub change: String,
}

/// A change of an install's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallChange {
    /// The install's id.
    pub install: String,
    /// The new state: `disabled`.
    pub change: String,
}

/// A change of the subject's process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectChange {
    /// The new state: `started`, `ready`, `killed` or `exited`.
    pub change: String,
}
