//! The compiled contract, as the codec and the mock use it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::annotation::Provenance;
use super::{Facts, Proof, Schema, Shape, ShapeKind, TimeFormat};
use crate::protocol::{CommandName, Field, Fields, KeyKind, Millis, ReplyName};

/// The compiled contract of one vendor.
#[derive(Debug, Clone)]
pub struct Contract {
    /// The vendor's name, by which it is chosen. Also the first part of its URL.
    pub vendor: String,
    /// The document's title.
    pub title: String,
    /// The document's text, as it was loaded.
    pub document: Arc<str>,
    /// SHA-256 of the document's text, in hex.
    pub digest: String,
    /// The facts that schemas can't express.
    pub facts: Facts,
    /// The operations in the document's order.
    pub operations: Vec<Operation>,
    /// The operations that the vendor calls on a client backend's receiver. The receiver chooses its own path.
    pub webhooks: Vec<Operation>,
    /// The push by which the vendor wakes an install, if it sends pushes.
    pub push: Option<Push>,
    /// The security schemes that carry a key.
    pub schemes: Vec<KeyScheme>,
}

/// One operation of a contract, which is one step of the protocol.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The `operationId`.
    pub id: String,
    /// The summary, in the document's words.
    pub summary: String,
    /// The method, in upper case.
    pub method: String,
    /// The path's segments; a parameter's segment is its name in braces.
    pub path: Vec<String>,
    /// The protocol step.
    pub command: CommandName,
    /// The fields that the path implies.
    pub set: Fields,
    /// Path, query and header parameters.
    pub parameters: Vec<Parameter>,
    /// The body, if there is one.
    pub body: Option<RequestBody>,
    /// The security alternatives, of which one is enough. Empty if the operation needs no key.
    pub security: Vec<Vec<SchemeUse>>,
    /// The responses, one for each form of a reply on the wire.
    pub responses: Vec<ResponseCase>,
    /// The proof that the sender must give, if any.
    pub proof: Option<Proof>,
    /// The source of the facts about this operation.
    pub provenance: Provenance,
}

/// The push by which a vendor wakes an install, through a push service.
#[derive(Debug, Clone)]
pub struct Push {
    /// The push as an operation of the document.
    pub operation: Operation,
    /// The payload that the push service hands to the app.
    pub payload: Media,
}

/// A parameter outside the body.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The name on the wire.
    pub name: String,
    /// The part of the request that holds it.
    pub location: Location,
    /// Whether the vendor requires it.
    pub required: bool,
    /// The shape of its value.
    pub shape: Shape,
    /// The schema of its valid values.
    pub schema: Schema,
}

/// The part of a request that holds a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// The path.
    Path,
    /// The query.
    Query,
    /// A header field.
    Header,
}

/// A request's body.
#[derive(Debug, Clone)]
pub struct RequestBody {
    /// Whether the vendor requires it.
    pub required: bool,
    /// The media types. Requests are encoded in the first, and decoded from any of them.
    pub media: Vec<Media>,
}

/// One media type of a body, with the body's shape and schema.
#[derive(Debug, Clone)]
pub struct Media {
    /// The media type as the contract writes it; `*/*` accepts any.
    pub mime: String,
    /// The way the bytes are read.
    pub kind: BodyKind,
    /// The shape of the body.
    pub shape: Shape,
    /// The schema of valid bodies.
    pub schema: Schema,
    /// Examples of the whole body. Webhook messages are made from them.
    pub patterns: Vec<Value>,
}

/// `x-body`: the way a body's bytes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BodyKind {
    /// JSON. The default for JSON media types.
    Json,
    /// The text itself. The default for other media types.
    Text,
    /// A form, as an object of texts, numbers and booleans. The default for `application/x-www-form-urlencoded`.
    Form,
    /// JSON, compressed with gzip.
    GzipJson,
}

/// One security scheme used by an operation, with the scopes it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemeUse {
    /// The index of the scheme in [`Contract::schemes`].
    pub scheme: usize,
    /// The scopes that the key must have.
    pub scopes: Vec<String>,
}

/// A security scheme that carries a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyScheme {
    /// The scheme's name in the document.
    pub name: String,
    /// The kind of key that it carries.
    pub kind: KeyKind,
    /// The place of the key in a request.
    pub place: KeyPlace,
    /// The text before the key, such as `Token token=`.
    pub prefix: String,
}

/// The place of a key in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// `Authorization: Bearer <key>`.
    Bearer,
    /// `Authorization: Basic <key in base64>`, where the key is `user:password`.
    Basic,
    /// The header field of this name, in lower case.
    Header(String),
    /// The query parameter of this name.
    Query(String),
}

impl KeyPlace {
    /// The name of the place in a history: the header's name, or `query`.
    pub fn name(&self) -> &str {
        match self {
            Self::Bearer | Self::Basic => "authorization",
            Self::Header(name) => name,
            Self::Query(_) => "query",
        }
    }
}

/// One form of a reply on the wire.
#[derive(Debug, Clone)]
pub struct ResponseCase {
    /// The status code.
    pub status: u16,
    /// The replies that have this form.
    pub replies: Vec<ReplyName>,
    /// The body, if there is one.
    pub content: Option<ResponseContent>,
}

/// The body of a response case.
#[derive(Debug, Clone)]
pub struct ResponseContent {
    /// The media type, with the body's shape and schema.
    pub media: Media,
    /// The example that the body is made from.
    pub example: Value,
}

impl ResponseCase {
    /// The body, if there is one.
    pub fn media(&self) -> Option<&Media> {
        self.content.as_ref().map(|content| &content.media)
    }
}

impl Operation {
    /// The method and path, for display.
    pub fn line(&self) -> String {
        if self.command.is_webhook() {
            return format!("{} (the receiver)", self.method);
        }
        if self.command == CommandName::Push {
            return format!("{} (the push service)", self.method);
        }
        format!("{} /{}", self.method, self.path.join("/"))
    }

    /// Whether a request of this operation can carry the field.
    pub fn sends(&self, field: &Field) -> bool {
        let parameters = self.parameters.iter().map(|parameter| &parameter.shape);
        let bodies = self.body.iter().flat_map(|body| body.media.iter().map(|media| &media.shape));
        parameters.chain(bodies).any(|shape| shape.nodes().iter().any(|node| node.field.as_ref() == Some(field)))
    }

    /// Whether the whole body is one item, so that a batch of several items takes several requests.
    pub fn submits_one_item(&self) -> bool {
        let media = self.body.as_ref().and_then(|body| body.media.first());
        media.is_some_and(|media| {
            media.shape.field == Some(Field::Items) && matches!(media.shape.kind, ShapeKind::Object(_))
        })
    }

    /// Whether one of the security alternatives asks for a key of this kind.
    pub fn asks_for(&self, kind: KeyKind, schemes: &[KeyScheme]) -> bool {
        self.security.iter().flatten().any(|used| schemes[used.scheme].kind == kind)
    }
}

impl Contract {
    /// The operation with this id.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// The first operation or webhook for a command.
    pub fn operation_for(&self, command: CommandName) -> Option<&Operation> {
        self.operations.iter().chain(&self.webhooks).find(|operation| operation.command == command)
    }

    /// The commands of all operations and webhooks, and of the push.
    pub fn commands(&self) -> Vec<CommandName> {
        self.described().map(|operation| operation.command).collect()
    }

    /// All operations of the document: the vendor's own, its webhooks, and its push.
    pub fn described(&self) -> impl Iterator<Item = &Operation> {
        let push = self.push.iter().map(|push| &push.operation);
        self.operations.iter().chain(&self.webhooks).chain(push)
    }

    /// The resolution of expiry times in the replies to a command; the coarsest if they differ. One millisecond if no
    /// reply carries an expiry.
    pub fn expiry_step(&self, command: CommandName) -> Millis {
        let operations = self.operations.iter().filter(|operation| operation.command == command);
        let bodies = operations.flat_map(|operation| operation.responses.iter().filter_map(ResponseCase::media));
        let ends = bodies.filter_map(|media| media.shape.leaf(&Field::ExpiresAt)?.time.as_ref());
        ends.map(TimeFormat::step).max().unwrap_or(Millis::new(1))
    }

    /// Whether some reply to the command carries the field.
    pub fn hands_out(&self, command: CommandName, field: &Field) -> bool {
        let operations = self.operations.iter().filter(|operation| operation.command == command);
        let mut bodies = operations.flat_map(|operation| operation.responses.iter().filter_map(ResponseCase::media));
        bodies.any(|media| media.shape.leaf(field).is_some())
    }

    /// Whether the document describes an operation for this command.
    pub fn has(&self, command: CommandName) -> bool {
        self.described().any(|operation| operation.command == command)
    }
}

/// A request as plain data, independent of any HTTP library.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WireRequest {
    /// The method, in upper case.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// Header fields, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A response as plain data, independent of any HTTP library.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WireResponse {
    /// The status code.
    pub status: u16,
    /// Header fields, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl WireRequest {
    /// The first value of a header field. `name` must be in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The parameters of the query, decoded, in order.
    pub fn query(&self) -> Vec<(String, String)> {
        let Some((_, query)) = self.target.split_once('?') else { return Vec::new() };
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }
}

impl WireResponse {
    /// The first value of a header field. `name` must be in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}
