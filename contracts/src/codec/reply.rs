//! Encodes replies as responses, and decodes responses.

use serde_json::Value;

use super::problem::{is_problem, problem};
use super::request::accepts;
use super::{body, values};
use crate::contract::{BodyKind, Contract, Operation, ResponseCase, ResponseContent, WireResponse};
use crate::protocol::{Field, Fields, Reply, ReplyName};

/// A decoded response: the replies that it can stand for, and its fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The replies that have this form on the wire.
    pub replies: Vec<ReplyName>,
    /// The fields, with the claims of a credential among them.
    pub fields: Fields,
}

impl Heard {
    /// Whether one of the replies does what the command asked.
    pub fn is_success(&self) -> bool {
        self.replies.iter().any(|name| !name.is_refusal())
    }
}

impl Contract {
    /// Encodes a reply as the vendor would send it.
    /// A reply that the contract does not describe becomes a problem document.
    pub fn encode_reply(&self, operation: &Operation, reply: &Reply) -> WireResponse {
        let Some(case) = operation.responses.iter().find(|case| case.replies.contains(&reply.name)) else {
            return problem(reply.name.usual_status(), reply.name.as_str(), "the contract has no form for this reply");
        };
        match &case.content {
            Some(content) => written(case.status, content, &reply.fields),
            None => WireResponse { status: case.status, ..WireResponse::default() },
        }
    }

    /// Decodes a response as a client does. None if it fits no response of the contract.
    pub fn decode_reply(&self, operation: &Operation, response: &WireResponse) -> Option<Heard> {
        let cases = operation.responses.iter().filter(|case| case.status == response.status);
        let mut heard: Option<Heard> = None;
        for case in cases {
            let Some(fields) = fields_of(operation, case, response) else { continue };
            match &mut heard {
                Some(heard) => heard.replies.extend(&case.replies),
                None => heard = Some(Heard { replies: case.replies.clone(), fields }),
            }
        }
        let mut heard = heard?;
        let claims = heard.fields.text(&Field::Credential).and_then(|credential| self.claims(credential));
        let mut more = claims.unwrap_or_default();
        // The body's own fields take precedence over the claims of its credential.
        more.extend(heard.fields);
        heard.fields = more;
        Some(heard)
    }
}

fn written(status: u16, content: &ResponseContent, fields: &Fields) -> WireResponse {
    let mut value = content.example.clone();
    values::overwrite(&content.media.shape, &mut value, fields);
    let body = body::write(content.media.kind, &value);
    let headers = vec![("content-type".to_owned(), content.media.mime.clone())];
    WireResponse { status, headers, body }
}

/// The fields of a response that has this case's form. None if it has another form.
fn fields_of(operation: &Operation, case: &ResponseCase, response: &WireResponse) -> Option<Fields> {
    let mut fields = Fields::new();
    let Some(content) = &case.content else {
        // A receiver's response body is not part of the contract: any body is accepted.
        return (response.body.is_empty() || operation.command.is_webhook()).then_some(fields);
    };
    // A problem document fits many open schemas, but holds no field of the contract.
    if is_problem(response.header("content-type").unwrap_or_default()) && !is_problem(&content.media.mime) {
        return None;
    }
    // Any text fits a text body: without this check, a network's sign-in page would pass as a token.
    let sent = response.header("content-type").filter(|_| content.media.kind == BodyKind::Text);
    if sent.is_some_and(|sent| !accepts(&content.media.mime, Some(sent))) {
        return None;
    }
    let value = body::read(&content.media, &response.body).ok()?;
    if !content.media.schema.allows(&value) || !tells_this(content, &value) {
        return None;
    }
    values::read(&content.media.shape, &value, &mut fields);
    Some(fields)
}

/// Whether the nodes that tell replies apart hold the same values as in this case's example.
fn tells_this(content: &ResponseContent, value: &Value) -> bool {
    let telling = content.media.shape.telling();
    telling.iter().all(|place| value.pointer(place) == content.example.pointer(place))
}
