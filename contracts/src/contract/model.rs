//! The compiled contract, as the codec and the mock use it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::annotation::Provenance;
use super::{Facts, Proof, Schema, Shape, ShapeKind, TimeFormat};
use crate::protocol::{CommandName, Field, Fields, KeyKind, Millis, ReplyName};

/// A vendor, as data.
#[derive(Debug, Clone)]
pub struct Contract {
    /// The vendor's name: how it is chosen, and the first part of its URL.
    pub vendor: String,
    /// The document's title.
    pub title: String,
    /// The document's text, as it was loaded.
    pub document: Arc<str>,
    /// SHA-256 of the document's text, in hex.
    pub digest: String,
    /// The facts that shapes can't say.
    pub facts: Facts,
    /// The operations in the document's order.
    pub operations: Vec<Operation>,
    /// What the vendor asks of a client backend's receiver, whose path is the receiver's own.
    pub webhooks: Vec<Operation>,
    /// How the vendor wakes an install, if it does so by push.
    pub push: Option<Push>,
    /// The security schemes that carry a key of ours.
    pub schemes: Vec<KeyScheme>,
}

/// One operation of a contract: one step of the protocol.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The `operationId`.
    pub id: String,
    /// What it does, in the document's words.
    pub summary: String,
    /// The method, in upper case.
    pub method: String,
    /// The path's segments; a parameter's segment is its name in braces.
    pub path: Vec<String>,
    /// The step of the protocol.
    pub command: CommandName,
    /// The fields that the path implies.
    pub set: Fields,
    /// Path, query and header parameters.
    pub parameters: Vec<Parameter>,
    /// The body, if there is one.
    pub body: Option<RequestBody>,
    /// The alternatives of keys; empty means that anybody may call.
    pub security: Vec<Vec<SchemeUse>>,
    /// The answers, one for each way that a reply is put on the wire.
    pub responses: Vec<ResponseCase>,
    /// How the sender proves that it knows a secret, if it has to.
    pub proof: Option<Proof>,
    /// Where the facts about this operation come from.
    pub provenance: Provenance,
}

/// How the vendor wakes an install, through a push service.
#[derive(Debug, Clone)]
pub struct Push {
    /// What the document says of it.
    pub operation: Operation,
    /// What the push service hands to the app.
    pub payload: Media,
}

/// A parameter outside the body.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The name on the wire.
    pub name: String,
    /// Where it stands.
    pub location: Location,
    /// Whether the vendor insists on it.
    pub required: bool,
    /// What it holds.
    pub shape: Shape,
    /// What is valid.
    pub schema: Schema,
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header field.
    Header,
}

/// A request's body.
#[derive(Debug, Clone)]
pub struct RequestBody {
    /// Whether the vendor insists on it.
    pub required: bool,
    /// The media types; the first encodes, all decode.
    pub media: Vec<Media>,
}

/// One media type of a body, with what it holds.
#[derive(Debug, Clone)]
pub struct Media {
    /// The media type as the contract writes it; `*/*` accepts any.
    pub mime: String,
    /// How the bytes are read.
    pub kind: BodyKind,
    /// What the body holds.
    pub shape: Shape,
    /// What is valid.
    pub schema: Schema,
    /// Examples of the whole body: the messages of a webhook are made after them.
    pub patterns: Vec<Value>,
}

/// `x-body`: how a body's bytes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BodyKind {
    /// JSON; what JSON media types are unless told otherwise.
    Json,
    /// The text itself; what other media types are unless told otherwise.
    Text,
    /// A form, an object of texts, numbers and flags; what `application/x-www-form-urlencoded` is unless told otherwise.
    Form,
    /// JSON, compressed with gzip.
    GzipJson,
}

/// One security scheme used by an operation, with the scopes it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemeUse {
    /// The scheme's place in [`Contract::schemes`].
    pub scheme: usize,
    /// The scopes.
    pub scopes: Vec<String>,
}

/// A security scheme that carries a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyScheme {
    /// The scheme's name in the document.
    pub name: String,
    /// What it carries.
    pub kind: KeyKind,
    /// Where it stands.
    pub place: KeyPlace,
    /// What stands before the key, such as `Token token=`.
    pub prefix: String,
}

/// Where a key stands in a request.
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
    /// The header's name, or `query`: how a history names the place.
    pub fn name(&self) -> &str {
        match self {
            Self::Bearer | Self::Basic => "authorization",
            Self::Header(name) => name,
            Self::Query(_) => "query",
        }
    }
}

/// One way that replies are put on the wire.
#[derive(Debug, Clone)]
pub struct ResponseCase {
    /// The status code.
    pub status: u16,
    /// The replies that look like this.
    pub replies: Vec<ReplyName>,
    /// The body, if there is one.
    pub content: Option<ResponseContent>,
}

/// The body of one way that replies are put on the wire.
#[derive(Debug, Clone)]
pub struct ResponseContent {
    /// The media type, with what the body holds.
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
    /// Method and path, as a person would write them.
    pub fn line(&self) -> String {
        if self.command.is_webhook() {
            return format!("{} (the receiver)", self.method);
        }
        if self.command == CommandName::Push {
            return format!("{} (the push service)", self.method);
        }
        format!("{} /{}", self.method, self.path.join("/"))
    }

    /// True if a request has a place for the field.
    pub fn sends(&self, field: &Field) -> bool {
        let parameters = self.parameters.iter().map(|parameter| &parameter.shape);
        let bodies = self.body.iter().flat_map(|body| body.media.iter().map(|media| &media.shape));
        parameters.chain(bodies).any(|shape| shape.nodes().iter().any(|node| node.field.as_ref() == Some(field)))
    }

    /// True if the whole body is one item, so that a batch of several takes several requests.
    pub fn submits_one_item(&self) -> bool {
        let media = self.body.as_ref().and_then(|body| body.media.first());
        media.is_some_and(|media| {
            media.shape.field == Some(Field::Items) && matches!(media.shape.kind, ShapeKind::Object(_))
        })
    }

    /// True if one of the alternatives asks for a key of this kind.
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

    /// The commands of all operations and webhooks, the push among them.
    pub fn commands(&self) -> Vec<CommandName> {
        self.described().map(|operation| operation.command).collect()
    }

    /// All that the document describes: what is asked of the vendor, and what the vendor asks of others.
    pub fn described(&self) -> impl Iterator<Item = &Operation> {
        let push = self.push.iter().map(|push| &push.operation);
        self.operations.iter().chain(&self.webhooks).chain(push)
    }

    /// How finely the answers to a command tell when what they hand out ends; a millisecond if they don't tell it.
    pub fn expiry_step(&self, command: CommandName) -> Millis {
        let operations = self.operations.iter().filter(|operation| operation.command == command);
        let bodies = operations.flat_map(|operation| operation.responses.iter().filter_map(ResponseCase::media));
        let ends = bodies.filter_map(|media| media.shape.leaf(&Field::ExpiresAt)?.time.as_ref());
        ends.map(TimeFormat::step).max().unwrap_or(Millis::new(1))
    }

    /// True if some answer to the command carries the field.
    pub fn hands_out(&self, command: CommandName, field: &Field) -> bool {
        let operations = self.operations.iter().filter(|operation| operation.command == command);
        let mut bodies = operations.flat_map(|operation| operation.responses.iter().filter_map(ResponseCase::media));
        bodies.any(|media| media.shape.leaf(field).is_some())
    }

    /// True if some operation is for this command.
    pub fn has(&self, command: CommandName) -> bool {
        self.described().any(|operation| operation.command == command)
    }
}

/// A request as bytes and lines, free of any HTTP library.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WireRequest {
    /// The method, in upper case.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// Header fields; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A response as bytes and lines, free of any HTTP library.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WireResponse {
    /// The status code.
    pub status: u16,
    /// Header fields; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl WireRequest {
    /// The first value of a header field; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The query, decoded, in order.
    pub fn query(&self) -> Vec<(String, String)> {
        let Some((_, query)) = self.target.split_once('?') else { return Vec::new() };
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }
}

impl WireResponse {
    /// The first value of a header field; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}
