//! Operations: the step of the protocol, its parameters, its body.

use super::Loader;
use crate::contract::annotation::{BodyBinding, CommandSet, Provenance};
use crate::contract::diagnostic::advice;
use crate::contract::yaml::{Key, Node};
use crate::contract::{BodyKind, Location, Media, Operation, Parameter, RequestBody, Shape, ShapeKind};
use crate::protocol::{CommandName, Field, FieldValue, Fields, UnknownWord};

const METHODS: &[&str] = &["get", "put", "post", "delete", "patch"];
/// What may stand beside the methods in a path item.
const BESIDE: &[&str] = &["parameters", "summary", "description", "servers"];

impl<'n> Loader<'n> {
    pub(super) fn operation(&mut self, path: &Key, method: &Key, item: &'n Node, node: &'n Node) -> Option<Operation> {
        if !METHODS.contains(&method.text.as_str()) {
            self.beside_methods(method);
            return None;
        }
        self.annotations(node);
        let (command, set) = self.command(method, node)?;
        let provenance = self.required_provenance(method, node);
        let parameters = self.parameters(item, node);
        self.path_is_declared(path, &parameters);
        let body = node.get("requestBody").and_then(|body| self.request_body(body));
        let responses = self.responses(method, node, command);
        let operation = Operation {
            id: self.operation_id(path, method, node),
            summary: node.get("summary").and_then(Node::text).unwrap_or_default().to_owned(),
            method: method.text.to_ascii_uppercase(),
            path: path.text.trim_start_matches('/').split('/').map(str::to_owned).collect(),
            command,
            set,
            proof: proof_of(&parameters, body.as_ref()),
            security: self.security(node),
            parameters,
            body,
            responses,
            provenance: provenance?,
        };
        self.members_are_fed(method, node, &operation);
        Some(operation)
    }

    fn beside_methods(&mut self, key: &Key) {
        if !BESIDE.contains(&key.text.as_str()) {
            let message = format!("`{}` is no method", key.text);
            self.wrong(key.span.clone(), message, advice(&key.text, METHODS.iter().copied()));
        }
    }

    fn operation_id(&mut self, path: &Key, method: &Key, node: &'n Node) -> String {
        if let Some(id) = node.get("operationId").and_then(Node::text) {
            return id.to_owned();
        }
        let help = "faults and reports name operations by it";
        self.wrong(method.span.clone(), "the operation has no `operationId`", help);
        format!("{} {}", method.text, path.text)
    }

    fn command(&mut self, method: &Key, node: &'n Node) -> Option<(CommandName, Fields)> {
        let Some(binding) = node.get("x-command") else {
            let help = "say which step of the protocol it is: `x-command: issue_credential`";
            self.wrong(method.span.clone(), "the operation has no `x-command`", help);
            return None;
        };
        if let Some(word) = binding.text() {
            return match word.parse() {
                Ok(name) => Some((name, Fields::new())),
                Err(error) => {
                    self.unknown_word(binding, &error);
                    None
                }
            };
        }
        let long: CommandSet = self.read(binding)?;
        let mut set = Fields::new();
        for (name, value) in &long.set {
            match (name.parse::<Field>(), constant(value)) {
                (Ok(field), Some(value)) => set.set(field, value),
                (Err(_), _) => {
                    let message = format!("`{name}` is no field");
                    self.wrong(binding.span.clone(), message, advice(name, Field::names()));
                }
                (_, None) => {
                    self.wrong(binding.span.clone(), format!("`{name}` must be set to a text"), "write a word")
                }
            }
        }
        Some((long.name, set))
    }

    pub(super) fn unknown_word(&mut self, node: &Node, error: &UnknownWord) {
        self.wrong(node.span.clone(), error.to_string(), advice(&error.word, error.known.iter().copied()));
    }

    fn required_provenance(&mut self, method: &Key, node: &'n Node) -> Option<Provenance> {
        if node.get("x-provenance").is_none() {
            let help = "add `x-provenance: {is: documented, source: \"...\", read: \"YYYY-MM-DD\"}`, or `is: assumed`";
            self.wrong(method.span.clone(), "nothing says where the facts about this operation come from", help);
            return None;
        }
        self.provenance(node)
    }

    pub(super) fn provenance(&mut self, node: &'n Node) -> Option<Provenance> {
        self.read(node.get("x-provenance")?)
    }

    fn parameters(&mut self, item: &'n Node, node: &'n Node) -> Vec<Parameter> {
        let lists = [item.get("parameters"), node.get("parameters")];
        let nodes: Vec<&'n Node> = lists.into_iter().flatten().flat_map(Node::items).collect();
        nodes.into_iter().filter_map(|node| self.parameter(node)).collect()
    }

    fn parameter(&mut self, node: &'n Node) -> Option<Parameter> {
        let node = self.resolve(node)?;
        self.annotations(node);
        let name = node.get("name").and_then(Node::text).unwrap_or_default().to_owned();
        let location = match node.get("in").and_then(Node::text) {
            Some("path") => Location::Path,
            Some("query") => Location::Query,
            Some("header") => Location::Header,
            _ => {
                let help = "`in: path`, `in: query` or `in: header`";
                self.wrong(node.span.clone(), format!("the parameter `{name}` stands nowhere that is read"), help);
                return None;
            }
        };
        let Some(schema) = node.get("schema") else {
            let help = "add `schema: {type: string}`";
            self.wrong(node.span.clone(), format!("the parameter `{name}` has no schema"), help);
            return None;
        };
        let (mut shape, schema) = self.schema(schema)?;
        if let Some(annotation) = node.get("x-field") {
            let field = annotation.text().unwrap_or_default();
            match field.parse() {
                Ok(field) => shape.field = Some(field),
                Err(_) => {
                    let message = format!("`{field}` is no field");
                    self.wrong(annotation.span.clone(), message, advice(field, Field::names()));
                }
            }
        }
        let required = location == Location::Path || node.get("required").is_some_and(Node::is_true);
        Some(Parameter { name, location, required, shape, schema })
    }

    /// The parameters in the path's braces and those that are declared must be the same.
    fn path_is_declared(&mut self, path: &Key, parameters: &[Parameter]) {
        let in_path: Vec<&str> =
            path.text.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let declared: Vec<&str> = parameters
            .iter()
            .filter(|parameter| parameter.location == Location::Path)
            .map(|parameter| parameter.name.as_str())
            .collect();
        for name in in_path.iter().filter(|name| !declared.contains(*name)) {
            let help = "add it to `parameters` with `in: path`";
            self.wrong(path.span.clone(), format!("the path's parameter `{name}` is not declared"), help);
        }
        for name in declared.iter().filter(|name| !in_path.contains(*name)) {
            let help = format!("write `{{{name}}}` where it stands in the path");
            self.wrong(path.span.clone(), format!("the path has no parameter `{name}`"), help);
        }
    }

    fn request_body(&mut self, node: &'n Node) -> Option<RequestBody> {
        let node = self.resolve(node)?;
        let known = self.mistakes.len();
        let content = node.get("content").map_or(&[][..], Node::members);
        let media: Vec<Media> = content.iter().filter_map(|(key, node)| self.media(key, node)).collect();
        if media.is_empty() && self.mistakes.len() == known {
            self.wrong(
                node.span.clone(),
                "the body has no media type",
                "add `content: {application/json: {schema: ...}}`",
            );
        }
        let required = node.get("required").is_some_and(Node::is_true);
        Some(RequestBody { required, media }).filter(|body| !body.media.is_empty())
    }

    pub(super) fn media(&mut self, mime: &Key, node: &'n Node) -> Option<Media> {
        self.annotations(node);
        if mime.text.starts_with("multipart/") {
            let help = "describe the body as JSON or text; a multipart body carries no field that can be bound";
            self.wrong(mime.span.clone(), format!("the media type `{}` is not read", mime.text), help);
            return None;
        }
        let Some(schema) = node.get("schema") else {
            self.wrong(mime.span.clone(), format!("`{}` has no schema", mime.text), "add `schema`");
            return None;
        };
        let binding: Option<BodyBinding> = node.get("x-body").and_then(|binding| self.read(binding));
        let kind = match binding {
            Some(BodyBinding::Json) => BodyKind::Json,
            Some(BodyBinding::Text) => BodyKind::Text,
            None if is_json(&mime.text) => BodyKind::Json,
            None => BodyKind::Text,
        };
        let (shape, schema) = self.schema(schema)?;
        Some(Media { mime: mime.text.clone(), kind, shape, schema })
    }

    /// A request member that must be there needs something to put in it.
    fn members_are_fed(&mut self, method: &Key, node: &'n Node, operation: &Operation) {
        let mut unfed = Vec::new();
        for media in operation.body.iter().flat_map(|body| &body.media) {
            unfed_members(&media.shape, "", &mut unfed);
        }
        for parameter in &operation.parameters {
            if parameter.required && parameter.shape.field.is_none() && parameter.shape.fill.is_none() {
                unfed.push(parameter.name.clone());
            }
        }
        for member in unfed {
            let span = node.get("requestBody").map_or(method.span.clone(), |body| first_line(body));
            let message = format!("nothing feeds the request's required member `{member}`");
            self.wrong(span, message, "give it `x-field`, `const`, `default`, or an example");
        }
    }
}

fn first_line(node: &Node) -> std::ops::Range<usize> {
    node.members().first().map_or(node.span.clone(), |(key, _)| key.span.clone())
}

fn unfed_members(shape: &Shape, place: &str, unfed: &mut Vec<String>) {
    let ShapeKind::Object(members) = &shape.kind else { return };
    for member in members.iter().filter(|member| member.required && member.shape.fill.is_none()) {
        let place = format!("{place}/{}", member.name);
        match &member.shape.kind {
            ShapeKind::Object(_) => unfed_members(&member.shape, &place, unfed),
            _ if member.shape.field.is_none() => unfed.push(place),
            _ => {}
        }
    }
}

fn proof_of(parameters: &[Parameter], body: Option<&RequestBody>) -> Option<crate::contract::Proof> {
    let shapes = parameters.iter().map(|parameter| &parameter.shape);
    let bodies = body.into_iter().flat_map(|body| body.media.iter().map(|media| &media.shape));
    shapes.chain(bodies).find_map(|shape| shape.leaf(&Field::Proof)?.proof)
}

fn is_json(mime: &str) -> bool {
    let essence = mime.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

fn constant(value: &serde_json::Value) -> Option<FieldValue> {
    value.as_str().map(FieldValue::from)
}
