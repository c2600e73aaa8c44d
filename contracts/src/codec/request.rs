//! Requests: decoded into calls, and encoded from commands.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{access, values};
use crate::contract::{
    BodyKind, Contract, Location, Media, Operation, Parameter, RequestBody, Secrets, Shape, ShapeKind, WireRequest,
};
use crate::history::Step;
use crate::protocol::{Call, CommandName, Field, Fields, KeyKind, Malformed, ProofState, Timestamp};

/// The keys that a client puts into its requests.
#[derive(Debug, Clone, Default)]
pub struct ClientKeys {
    /// The client backend's secret.
    pub server: Option<String>,
    /// The app's key.
    pub client: Option<String>,
    /// The install's session token.
    pub session: Option<String>,
}

impl ClientKeys {
    fn of(&self, kind: KeyKind) -> Option<&str> {
        match kind {
            KeyKind::Server => self.server.as_deref(),
            KeyKind::Client => self.client.as_deref(),
            KeyKind::Session => self.session.as_deref(),
        }
    }
}

/// Why a command can't be put on the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The contract has no operation for the command with these fields.
    #[error("the contract has no operation for `{0}`")]
    NoOperation(CommandName),
    /// A part of the request that must be there has nothing in it.
    #[error("`{operation}` needs `{member}`, and nothing was given for it")]
    Missing {
        /// The operation.
        operation: String,
        /// The member or parameter.
        member: String,
    },
}

impl Contract {
    /// What a request to `operation` asks, and with which keys. Never fails: what is wrong is a part of the call.
    ///
    /// `too_large` is the limit in bytes if the body went over it; the body is then not looked at.
    pub fn decode_request(
        &self,
        operation: &Operation,
        path_parameters: &[(String, String)],
        request: &WireRequest,
        too_large: Option<usize>,
        secrets: &Secrets,
    ) -> Call {
        let input = match too_large {
            Some(limit) => Err(Malformed::TooLarge { limit }),
            None => decode_input(operation, path_parameters, request),
        };
        let proof = match (operation.proof, &input) {
            (Some(proof), Ok(fields)) => {
                let subject = fields.text(&Field::ExternalId).unwrap_or_default();
                proof.check(secrets, subject, fields.text(&Field::Proof))
            }
            (Some(_), Err(_)) => ProofState::Absent,
            (None, _) => ProofState::NotAsked,
        };
        Call { command: operation.command, access: self.access(operation, request), input, proof }
    }

    /// What a history says of a call: what was asked, and whether the keys stood where they belong. Not yet redacted.
    pub fn step(&self, operation: &Operation, call: &Call) -> Step {
        let guards = || call.access.iter().flatten();
        let mut wants: Vec<KeyKind> = guards().map(|guard| guard.kind).collect();
        wants.dedup();
        let keys = guards().filter(|guard| guard.sent.is_some()).map(|guard| guard.kind).collect();
        let schemes = operation.security.iter().flatten().map(|used| &self.schemes[used.scheme]);
        Step {
            command: call.command,
            fields: call.input.as_ref().map(Fields::to_json).unwrap_or_default(),
            malformed: call.input.as_ref().err().map(ToString::to_string),
            proof: call.proof,
            keys,
            wants,
            key_places: schemes.map(|scheme| scheme.place.name().to_owned()).collect(),
        }
    }

    /// The request that asks for `command` with these fields. A proof that the operation wants is made here.
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
            let subject = fields.text(&Field::ExternalId).unwrap_or_default().to_owned();
            fields.set(Field::Proof, proof.make(secrets, &subject, now));
        }
        if let Some(client) = &keys.client {
            fields.set(Field::ClientKey, client.as_str());
        }
        Ok((operation, self.written_request(operation, &fields, keys)?))
    }

    /// The operation whose implied fields match; else the first for the command.
    fn operation_to_ask(&self, command: CommandName, fields: &Fields) -> Option<&Operation> {
        let mut candidates = self.operations.iter().filter(|operation| operation.command == command);
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
        for used in operation.security.first().into_iter().flatten() {
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
}

fn decode_input(
    operation: &Operation,
    path_parameters: &[(String, String)],
    request: &WireRequest,
) -> Result<Fields, Malformed> {
    let mut fields = operation.set.clone();
    let mut problems = Vec::new();
    let query = request.query();
    for parameter in &operation.parameters {
        let sent = match parameter.location {
            Location::Path => find(path_parameters, &parameter.name),
            Location::Query => find(&query, &parameter.name),
            Location::Header => request.header(&parameter.name.to_ascii_lowercase()),
        };
        read_parameter(parameter, sent, &mut fields, &mut problems);
    }
    if let Some(body) = &operation.body {
        read_body(body, request, &mut fields, &mut problems)?;
    }
    if problems.is_empty() { Ok(fields) } else { Err(Malformed::Shape { problems }) }
}

fn find<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn read_parameter(parameter: &Parameter, sent: Option<&str>, fields: &mut Fields, problems: &mut Vec<String>) {
    let Some(text) = sent else {
        if parameter.required {
            problems.push(format!("the parameter `{}` is missing", parameter.name));
        }
        return;
    };
    let value = parameter_value(parameter, text);
    let wrong = parameter.schema.problems(&value);
    problems
        .extend(wrong.iter().map(|problem| problem.replace("the body", &format!("parameter `{}`", parameter.name))));
    values::read(&parameter.shape, &value, fields);
}

/// A parameter's text as the JSON value that its schema is about: the text itself, else the number or flag it spells.
fn parameter_value(parameter: &Parameter, text: &str) -> Value {
    let plain = Value::from(text);
    if parameter.schema.allows(&plain) {
        return plain;
    }
    serde_json::from_str(text).ok().filter(|value| parameter.schema.allows(value)).unwrap_or(plain)
}

fn read_body(
    body: &RequestBody,
    request: &WireRequest,
    fields: &mut Fields,
    problems: &mut Vec<String>,
) -> Result<(), Malformed> {
    if request.body.is_empty() {
        if body.required {
            problems.push("the body is missing".to_owned());
        }
        return Ok(());
    }
    let sent = request.header("content-type");
    let media =
        body.media.iter().find(|media| accepts(&media.mime, sent)).ok_or_else(|| Malformed::UnsupportedMedia {
            got: sent.map_or_else(|| "absent".to_owned(), |sent| format!("`{sent}`")),
            expected: body.media.iter().map(|media| media.mime.clone()).collect(),
        })?;
    match body_value(media, &request.body) {
        Ok(value) => {
            problems.extend(media.schema.problems(&value));
            values::read(&media.shape, &value, fields);
        }
        Err(why) => problems.push(why),
    }
    Ok(())
}

fn body_value(media: &Media, body: &[u8]) -> Result<Value, String> {
    match media.kind {
        BodyKind::Json => serde_json::from_slice(body).map_err(|error| format!("the body is no JSON: {error}")),
        BodyKind::Text => {
            std::str::from_utf8(body).map(Value::from).map_err(|_| "the body is no UTF-8 text".to_owned())
        }
    }
}

/// True if a contract's media type takes a body of the type that was sent; parameters such as `charset` don't count.
fn accepts(known: &str, sent: Option<&str>) -> bool {
    let essence = |mime: &str| mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    known == "*/*" || sent.is_some_and(|sent| essence(sent) == essence(known))
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

/// Adds a parameter to a target's query.
pub(super) fn add_query(target: &mut String, name: &str, value: &str) {
    target.push(if target.contains('?') { '&' } else { '?' });
    target.extend(utf8_percent_encode(name, NON_ALPHANUMERIC));
    target.push('=');
    target.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
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
        // A path with an empty segment leads elsewhere.
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
    let value = values::write_new(&media.shape, fields).unwrap_or(Value::Object(Map::new()));
    if let Some(member) = missing_member(&media.shape, &value) {
        return Err(missing(operation, &member));
    }
    request.body = match (media.kind, &value) {
        (BodyKind::Text, Value::String(text)) => text.clone().into_bytes(),
        _ => value.to_string().into_bytes(),
    };
    let mime = if media.mime == "*/*" { "application/octet-stream" } else { &media.mime };
    request.headers.push(("content-type".to_owned(), mime.to_owned()));
    Ok(())
}

/// The first member that must be there and has nothing in it.
fn missing_member(shape: &Shape, value: &Value) -> Option<String> {
    let ShapeKind::Object(members) = &shape.kind else { return None };
    members.iter().find_map(|member| match value.get(&member.name) {
        Some(Value::Null) | None => member.required.then(|| member.name.clone()),
        Some(below) => Some(format!("{}/{}", member.name, missing_member(&member.shape, below)?)),
    })
}

fn missing(operation: &Operation, member: &str) -> EncodeError {
    EncodeError::Missing { operation: operation.id.clone(), member: member.to_owned() }
}
