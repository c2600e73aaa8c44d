//! Decodes requests into calls.

use serde_json::Value;

use super::{body, values};
use crate::contract::{Contract, Location, Operation, Parameter, Proof, RequestBody, Secrets, Subject, WireRequest};
use crate::history::Step;
use crate::protocol::{Access, Call, Field, Fields, KeyKind, Malformed, ProofState};

impl Contract {
    /// Decodes a request to `operation` into a call. Never fails: what is wrong with the request is part of the call.
    ///
    /// `too_large` is the limit in bytes if the body exceeded it. The body is then not read.
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
        let access = self.access(operation, request);
        let proof = match (operation.proof, &input) {
            (Some(proof), Ok(fields)) => {
                proof.check(secrets, subject(proof, fields, &access), fields.text(&Field::Proof))
            }
            (Some(_), Err(_)) => ProofState::Absent,
            (None, _) => ProofState::NotAsked,
        };
        Call { command: operation.command, access, input, proof }
    }

    /// The history's record of a call: the command, its fields, and the keys found at their places. Not yet redacted.
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
            malformed_field: call.input.as_ref().err().and_then(Malformed::field).map(ToString::to_string),
            proof: call.proof,
            keys,
            wants,
            key_places: schemes.map(|scheme| scheme.place.name().to_owned()).collect(),
        }
    }
}

/// The text that a proof must be bound to.
fn subject<'c>(proof: Proof, fields: &'c Fields, access: &'c [Access]) -> &'c str {
    let session = || access.iter().flatten().find(|guard| guard.kind == KeyKind::Session)?.sent.as_deref();
    let subject = match proof.subject() {
        Subject::User => fields.text(&Field::ExternalId),
        Subject::Session => session(),
    };
    subject.unwrap_or_default()
}

fn decode_input(
    operation: &Operation,
    path_parameters: &[(String, String)],
    request: &WireRequest,
) -> Result<Fields, Malformed> {
    let mut fields = operation.set.clone();
    let mut problems = Problems::default();
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
    problems.or(fields)
}

/// The problems of a request, each with the field whose value is wrong, if it is the value of a field.
#[derive(Default)]
struct Problems(Vec<(String, Option<Field>)>);

impl Problems {
    fn add(&mut self, problem: String) {
        self.0.push((problem, None));
    }

    fn or(self, fields: Fields) -> Result<Fields, Malformed> {
        let (problems, at): (Vec<String>, Vec<Option<Field>>) = self.0.into_iter().unzip();
        let Some(first) = at.first() else { return Ok(fields) };
        let field = first.clone().filter(|_| at.iter().all(|field| field == first));
        Err(Malformed::Shape { problems, field })
    }
}

fn find<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn read_parameter(parameter: &Parameter, sent: Option<&str>, fields: &mut Fields, problems: &mut Problems) {
    let Some(text) = sent else {
        if parameter.required {
            problems.add(format!("the parameter `{}` is missing", parameter.name));
        }
        return;
    };
    let value = parameter_value(parameter, text);
    for problem in parameter.schema.problems(&value) {
        let problem = problem.replace("the body", &format!("parameter `{}`", parameter.name));
        problems.0.push((problem, parameter.shape.field.clone()));
    }
    values::read(&parameter.shape, &value, fields);
}

/// A parameter's text as a JSON value:
/// the text itself if the schema allows it, else the number or boolean that it spells.
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
    problems: &mut Problems,
) -> Result<(), Malformed> {
    if request.body.is_empty() {
        if body.required {
            problems.add("the body is missing".to_owned());
        }
        return Ok(());
    }
    let sent = request.header("content-type");
    let media =
        body.media.iter().find(|media| accepts(&media.mime, sent)).ok_or_else(|| Malformed::UnsupportedMedia {
            got: sent.map_or_else(|| "absent".to_owned(), |sent| format!("`{sent}`")),
            expected: body.media.iter().map(|media| media.mime.clone()).collect(),
        })?;
    match body::read(media, &request.body) {
        Ok(value) => {
            let broken = media.schema.broken(&value).into_iter();
            problems.0.extend(broken.map(|broken| (broken.to_string(), media.shape.field_at(&broken.place).cloned())));
            values::read(&media.shape, &value, fields);
        }
        Err(why) => problems.add(why),
    }
    Ok(())
}

/// Whether a contract's media type accepts a body of the type that was sent. Parameters such as `charset` are ignored.
pub(super) fn accepts(known: &str, sent: Option<&str>) -> bool {
    let essence = |mime: &str| mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    known == "*/*" || sent.is_some_and(|sent| essence(sent) == essence(known))
}
