//! Encodes commands as requests.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::query::add_query;
use super::{access, body, patterns, values};
use crate::contract::{
    Contract, Location, Operation, Parameter, RequestBody, SchemeUse, Secrets, Shape, ShapeKind, Subject, WireRequest,
};
use crate::protocol::{CommandName, Field, Fields, KeyKind, Timestamp};

/// The keys that a client puts into its requests.
#[derive(Debug, Clone, Default)]
pub struct ClientKeys {
    /// The client backend's secret.
    pub server: Option<String>,
    /// The app's key.
    pub client: Option<String>,
    /// The install's session token.
    pub session: Option<String>,
    /// The vendor's key to a client backend's receiver, as `user:password`.
    pub partner: Option<String>,
}

impl ClientKeys {
    fn of(&self, kind: KeyKind) -> Option<&str> {
        match kind {
            KeyKind::Server => self.server.as_deref(),
            KeyKind::Client => self.client.as_deref(),
            KeyKind::Session => self.session.as_deref(),
            KeyKind::Partner => self.partner.as_deref(),
        }
    }
}

/// The reason why a command can't be encoded as a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The contract has no operation for the command with these fields.
    #[error("the contract has no operation for `{0}`")]
    NoOperation(CommandName),
    /// A required part of the request has no value.
    #[error("`{operation}` needs `{member}`, and nothing was given for it")]
    Missing {
        /// The operation's id.
        operation: String,
        /// The name of the member or parameter.
        member: String,
    },
    /// The operation's body is one item, and another number of items was given.
    #[error("`{operation}` submits one item at a time, and {given} were given")]
    OneItem {
        /// The operation's id.
        operation: String,
        /// The number of items given.
        given: usize,
    },
}

impl Contract {
    /// Encodes `command` with these fields as a request, with the proof that the operation asks for. Fails if no
    /// operation fits, or if a required part has no value.
    pub fn encode_request(
        &self,
        command: CommandName,
        fields: &Fields,
        keys: &ClientKeys,
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<(&Operation, WireRequest), EncodeError> {
        let operation = self.operation_to_ask(command, fields).ok_or(EncodeError::NoOperation(command))?;
        let mut fields = fields.clone();
        if let Some(proof) = operation.proof {
            let subject = match proof.subject() {
                Subject::User => fields.text(&Field::ExternalId).unwrap_or_default().to_owned(),
                Subject::Session => keys.session.clone().unwrap_or_default(),
            };
            fields.set(Field::Proof, proof.make(secrets, &subject, now));
        }
        if let Some(client) = &keys.client {
            fields.set(Field::ClientKey, client.as_str());
        }
        Ok((operation, self.written_request(operation, &fields, keys)?))
    }

    /// The first operation whose implied fields match; else the first for the command.
    fn operation_to_ask(&self, command: CommandName, fields: &Fields) -> Option<&Operation> {
        let mut candidates =
            self.operations.iter().chain(&self.webhooks).filter(|operation| operation.command == command);
        let first = candidates.clone().next();
        candidates.find(|operation| !operation.set.is_empty() && fields.contains(&operation.set)).or(first)
    }

    fn written_request(
        &self,
        operation: &Operation,
        fields: &Fields,
        keys: &ClientKeys,
    ) -> Result<WireRequest, EncodeError> {
        let mut request = WireRequest { method: operation.method.clone(), ..WireRequest::default() };
        request.target = target(operation, fields)?;
        for parameter in operation.parameters.iter().filter(|parameter| parameter.location == Location::Header) {
            if let Some(value) = parameter_text(operation, parameter, fields)? {
                request.headers.push((parameter.name.to_ascii_lowercase(), value));
            }
        }
        for used in self.alternative(operation, keys).into_iter().flatten() {
            let scheme = &self.schemes[used.scheme];
            if let Some(key) = keys.of(scheme.kind) {
                access::put(scheme, key, &mut request);
            }
        }
        if let Some(body) = &operation.body {
            write_body(operation, body, fields, &mut request)?;
        }
        Ok(request)
    }

    /// The first security alternative for which the client has every key; else the first alternative.
    fn alternative<'o>(&self, operation: &'o Operation, keys: &ClientKeys) -> Option<&'o Vec<SchemeUse>> {
        let has = |used: &SchemeUse| keys.of(self.schemes[used.scheme].kind).is_some();
        let mut alternatives = operation.security.iter();
        alternatives.find(|uses| uses.iter().all(has)).or(operation.security.first())
    }
}

fn target(operation: &Operation, fields: &Fields) -> Result<String, EncodeError> {
    let mut target = String::new();
    for segment in &operation.path {
        target.push('/');
        match operation.parameters.iter().find(|parameter| is_segment(parameter, segment)) {
            Some(parameter) => {
                let value = parameter_text(operation, parameter, fields)?.unwrap_or_default();
                target.extend(utf8_percent_encode(&value, NON_ALPHANUMERIC));
            }
            None => target.push_str(segment),
        }
    }
    for parameter in operation.parameters.iter().filter(|parameter| parameter.location == Location::Query) {
        if let Some(value) = parameter_text(operation, parameter, fields)? {
            add_query(&mut target, &parameter.name, &value);
        }
    }
    Ok(target)
}

fn is_segment(parameter: &Parameter, segment: &str) -> bool {
    parameter.location == Location::Path && segment == format!("{{{}}}", parameter.name)
}

fn parameter_text(
    operation: &Operation,
    parameter: &Parameter,
    fields: &Fields,
) -> Result<Option<String>, EncodeError> {
    let fed = parameter.shape.field.as_ref().and_then(|field| fields.get(field));
    let value = fed.map(|value| values::write_value(&parameter.shape, value));
    let value = value.or_else(|| parameter.shape.fill.clone().filter(|_| parameter.required));
    match value {
        // A path with an empty segment names another resource.
        Some(Value::String(text)) if text.is_empty() && parameter.location == Location::Path => {
            Err(missing(operation, &parameter.name))
        }
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Ok(Some(other.to_string())),
        None if parameter.required => Err(missing(operation, &parameter.name)),
        None => Ok(None),
    }
}

fn write_body(
    operation: &Operation,
    body: &RequestBody,
    fields: &Fields,
    request: &mut WireRequest,
) -> Result<(), EncodeError> {
    let Some(media) = body.media.first() else { return Ok(()) };
    let given = fields.list(&Field::Items).len();
    if operation.submits_one_item() && given != 1 {
        return Err(EncodeError::OneItem { operation: operation.id.clone(), given });
    }
    let value = patterns::write(media, fields).or_else(|| values::write_new(&media.shape, fields));
    let value = value.unwrap_or(Value::Object(Map::new()));
    if let Some(member) = missing_member(&media.shape, &value) {
        return Err(missing(operation, &member));
    }
    request.body = body::write(media.kind, &value);
    let mime = if media.mime == "*/*" { "application/octet-stream" } else { &media.mime };
    request.headers.push(("content-type".to_owned(), mime.to_owned()));
    Ok(())
}

/// The path of the first required member without a value.
fn missing_member(shape: &Shape, value: &Value) -> Option<String> {
    let members = match &shape.kind {
        ShapeKind::Object(members) => members,
        ShapeKind::List(item) => return value.as_array()?.iter().find_map(|value| missing_member(item, value)),
        ShapeKind::Leaf(_) => return None,
    };
    members.iter().find_map(|member| match value.get(&member.name) {
        Some(Value::Null) | None => member.required.then(|| member.name.clone()),
        Some(below) => Some(format!("{}/{}", member.name, missing_member(&member.shape, below)?)),
    })
}

fn missing(operation: &Operation, member: &str) -> EncodeError {
    EncodeError::Missing { operation: operation.id.clone(), member: member.to_owned() }
}
