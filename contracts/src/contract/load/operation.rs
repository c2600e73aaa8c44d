//! Reads operations, each with its protocol step and the source of its facts.

use std::ops::Range;

use super::annotations::NodeKind;
use super::{Loader, PlacedOperation};
use crate::advice::advice;
use crate::contract::annotation::{CommandSet, Provenance};
use crate::contract::yaml::{Key, Node};
use crate::contract::{Operation, Parameter, Proof, RequestBody};
use crate::protocol::{CommandName, Field, FieldValue, Fields, UnknownWord};

const METHODS: &[&str] = &["get", "put", "post", "delete", "patch"];
/// The keys that are allowed beside the methods in a path item.
const BESIDE: &[&str] = &["parameters", "summary", "description", "servers"];

impl<'n> Loader<'n> {
    pub(super) fn operation(
        &mut self,
        path: &Key,
        method: &Key,
        item: &'n Node,
        node: &'n Node,
    ) -> Option<PlacedOperation> {
        if !METHODS.contains(&method.text.as_str()) {
            self.beside_methods(method);
            return None;
        }
        let is_spelt_right = self.annotations(node, NodeKind::Operation);
        let command = self.command(method, node, is_spelt_right);
        self.has_provenance(method, node, is_spelt_right);
        let is_webhook = command.as_ref().is_some_and(|(name, _)| name.is_webhook());
        let parameters = self.parameters(item, node);
        self.path_is_declared(path, &parameters);
        let parameters: Vec<Parameter> = parameters.into_iter().map(|(parameter, _)| parameter).collect();
        let body = node.get("requestBody").and_then(|body| self.request_body(body, is_webhook));
        let responses = self.responses(method, node, command.as_ref().map(|(name, _)| *name));
        let (id, id_span) = self.operation_id(path, method, node);
        let security = self.security(node);
        let provenance = node.get("x-provenance").and_then(|node| serde_json::from_value(node.to_json()).ok());
        let (command, set) = command?;
        let operation = Operation {
            id,
            summary: node.get("summary").and_then(Node::text).unwrap_or_default().to_owned(),
            method: method.text.to_ascii_uppercase(),
            path: path.text.trim_start_matches('/').split('/').map(str::to_owned).collect(),
            command,
            set,
            proof: proof_of(&parameters, body.as_ref()),
            security,
            parameters,
            body,
            responses,
            provenance: provenance?,
        };
        Some(PlacedOperation { operation, method: method.span.clone(), id: id_span })
    }

    fn beside_methods(&mut self, key: &Key) {
        if !BESIDE.contains(&key.text.as_str()) {
            let message = format!("`{}` is no method that is read", key.text);
            self.wrong(key.span.clone(), message, advice(&key.text, METHODS.iter().copied()));
        }
    }

    fn operation_id(&mut self, path: &Key, method: &Key, node: &'n Node) -> (String, Range<usize>) {
        let id = node.get("operationId");
        if let Some((id, node)) = id.and_then(Node::text).filter(|id| !id.is_empty()).zip(id) {
            return (id.to_owned(), node.span.clone());
        }
        let help = "add `operationId`: faults and reports name operations by it";
        self.wrong(method.span.clone(), "the operation has no `operationId`", help);
        (format!("{} {}", method.text, path.text), method.span.clone())
    }

    fn command(&mut self, method: &Key, node: &'n Node, is_spelt_right: bool) -> Option<(CommandName, Fields)> {
        let Some(binding) = node.get("x-command") else {
            let help = "say which step of the protocol it is, such as `x-command: issue_credential`";
            if is_spelt_right {
                self.wrong(method.span.clone(), "the operation has no `x-command`", help);
            }
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
        for (key, value) in binding.get("set").map_or(&[][..], Node::members) {
            match (key.text.parse::<Field>(), value.text()) {
                (Ok(field), Some(text)) => set.set(field, FieldValue::from(text)),
                (Err(_), _) => {
                    let message = format!("`{}` is no field", key.text);
                    self.wrong(key.span.clone(), message, advice(&key.text, Field::names()));
                }
                (_, None) => {
                    self.wrong(value.span.clone(), format!("`{}` must be set to a text", key.text), "write a word");
                }
            }
        }
        Some((long.name, set))
    }

    pub(super) fn unknown_word(&mut self, node: &Node, error: &UnknownWord) {
        self.wrong(node.span.clone(), error.to_string(), advice(&error.word, error.known.iter().copied()));
    }

    fn has_provenance(&mut self, method: &Key, node: &'n Node, is_spelt_right: bool) {
        if is_spelt_right && node.get("x-provenance").is_none() {
            let help = "add `x-provenance: {is: documented, source: \"...\", read: \"YYYY-MM-DD\"}`, or `is: assumed`";
            self.wrong(method.span.clone(), "nothing says where the facts about this operation come from", help);
        }
    }

    pub(super) fn provenance(&mut self, node: &'n Node) {
        let _: Option<Provenance> = self.read(node);
    }
}

fn proof_of(parameters: &[Parameter], body: Option<&RequestBody>) -> Option<Proof> {
    let shapes = parameters.iter().map(|parameter| &parameter.shape);
    let bodies = body.into_iter().flat_map(|body| body.media.iter().map(|media| &media.shape));
    shapes.chain(bodies).find_map(|shape| shape.leaf(&Field::Proof)?.proof)
}
