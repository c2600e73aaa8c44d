//! Reads schemas: compiled for validation, and walked for the fields in them.

use std::collections::HashSet;

use serde_json::Value;

use super::Loader;
use super::annotations::NodeKind;
use super::field::List;
use crate::contract::yaml::Node;
use crate::contract::{Leaf, Member, Schema, Shape, ShapeKind};
use crate::protocol::Field;

/// The keywords below which no field may stand: which branch applies is unknown before the value is read.
const CHOICES: &[&str] = &[
    "anyOf",
    "oneOf",
    "if",
    "then",
    "else",
    "not",
    "contains",
    "prefixItems",
    "additionalProperties",
    "patternProperties",
    "dependentSchemas",
    "unevaluatedItems",
    "unevaluatedProperties",
];

impl<'n> Loader<'n> {
    /// A schema as a shape and as a validator.
    /// `field` is set if the field is annotated at a parameter, outside its schema.
    pub(super) fn schema(&mut self, node: &'n Node, field: Option<Field>, list: &List) -> Option<(Shape, Schema)> {
        let known = self.mistakes.len();
        let text = self.unfold(node)?;
        let shape = self.shape(node, field, list)?;
        match Schema::compile(text) {
            Ok(schema) if self.mistakes.len() == known => Some((shape, schema)),
            Ok(_) => None,
            Err(broken) => {
                let span = self.place(node, &broken.place);
                if broken.place.ends_with("/type") {
                    let help = "one of: string, integer, number, boolean, object, array, null; or a list of them";
                    self.wrong(span, "this is no type of JSON Schema", help);
                } else {
                    let help = "schemas follow JSON Schema 2020-12, of which OpenAPI 3.1 schemas are made";
                    self.wrong(span, format!("this is no JSON Schema: {}", broken.why), help);
                }
                None
            }
        }
    }

    fn shape(&mut self, node: &'n Node, field: Option<Field>, list: &List) -> Option<Shape> {
        let node = self.resolve(node)?;
        self.annotations(node, NodeKind::Schema);
        self.no_fields_in_choices(node);
        let own = node.get("x-field").and_then(|annotation| self.field(annotation));
        let field = own.or(field);
        self.field_fits_list(node, field.as_ref(), list);
        let kind = match self.members(node, &list.below(field.as_ref()))? {
            members if !members.is_empty() => ShapeKind::Object(members),
            _ => match node.get("items") {
                Some(items) => ShapeKind::List(Box::new(self.shape(items, None, &List::of(field.as_ref()))?)),
                None => ShapeKind::Leaf(self.leaf(node, field.as_ref())?),
            },
        };
        self.field_fits_kind(node, field.as_ref(), &kind, list);
        Some(Shape { field, tells: self.tells(node), fill: fill(node), kind })
    }

    /// The members of an object, with those from its `allOf`.
    fn members(&mut self, node: &'n Node, list: &List) -> Option<Vec<Member>> {
        let mut required = HashSet::new();
        let parts = self.parts(node, &mut required)?;
        let mut members = Vec::new();
        for part in parts {
            for (key, below) in part.get("properties").map_or(&[][..], Node::members) {
                let shape = self.shape(below, None, list)?;
                members.push(Member { name: key.text.clone(), required: required.contains(key.text.as_str()), shape });
            }
        }
        Some(members)
    }

    /// The schemas that hold for an object together: those of its `allOf`, and itself. One of them may require a
    /// member that another one describes.
    fn parts(&mut self, node: &'n Node, required: &mut HashSet<&'n str>) -> Option<Vec<&'n Node>> {
        let mut parts = Vec::new();
        for part in node.get("allOf").map_or(&[][..], Node::items) {
            let part = self.resolve(part)?;
            self.annotations(part, NodeKind::Schema);
            self.no_fields_in_choices(part);
            parts.extend(self.parts(part, required)?);
        }
        required.extend(node.get("required").map_or(&[][..], Node::items).iter().filter_map(Node::text));
        parts.push(node);
        Some(parts)
    }

    fn leaf(&mut self, node: &'n Node, field: Option<&Field>) -> Option<Leaf> {
        let is_jwt = node.get("contentMediaType").and_then(Node::text) == Some("application/jwt");
        let claims = match node.get("contentSchema") {
            Some(claims) if is_jwt => Some(Box::new(self.shape(claims, None, &List::None)?)),
            _ => None,
        };
        Some(Leaf { time: self.time(node, field), claims, proof: self.proof(node, field) })
    }

    fn tells(&mut self, node: &'n Node) -> bool {
        let Some(annotation) = node.get("x-tells") else { return false };
        if !matches!(annotation.to_json(), Value::Bool(_)) {
            self.wrong(annotation.span.clone(), "`x-tells` is neither true nor false", "write `x-tells: true`");
        }
        annotation.is_true()
    }

    /// Refuses fields inside choices: which branch a body takes is unknown before it is read.
    fn no_fields_in_choices(&mut self, node: &'n Node) {
        for (key, below) in node.members().iter().filter(|(key, _)| CHOICES.contains(&key.text.as_str())) {
            if self.holds_field(below) {
                let message = format!("a field can't stand inside `{}`", key.text);
                self.wrong(key.span.clone(), message, "put `x-field` on a node that is always read the same way");
            }
        }
    }

    /// Whether a field stands at or below a node. Only for nodes that were unfolded before, and so have no cycles.
    fn holds_field(&self, node: &'n Node) -> bool {
        let node = self.resolved(node);
        node.get("x-field").is_some()
            || node.members().iter().any(|(_, below)| self.holds_field(below))
            || node.items().iter().any(|below| self.holds_field(below))
    }
}

/// The value in a request of a node that no field feeds: its constant, its default, or its first example.
fn fill(node: &Node) -> Option<Value> {
    let first = |key: &str| node.get(key).and_then(|list| list.items().first());
    let found = node.get("const").or_else(|| node.get("default")).or_else(|| first("examples"));
    found.or_else(|| node.get("example")).map(Node::to_json)
}
