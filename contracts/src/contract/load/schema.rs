//! Schemas: compiled for validation, and walked for the fields that stand in them.

use serde_json::Value;

use super::Loader;
use crate::contract::diagnostic::advice;
use crate::contract::yaml::Node;
use crate::contract::{Leaf, Member, Proof, Schema, Shape, ShapeKind, TimeFormat};
use crate::protocol::Field;

impl<'n> Loader<'n> {
    /// A schema in both its forms.
    pub(super) fn schema(&mut self, node: &'n Node) -> Option<(Shape, Schema)> {
        let known = self.mistakes.len();
        let text = self.inline(node, 0)?;
        let shape = self.shape(node)?;
        match Schema::compile(text) {
            Ok(schema) if self.mistakes.len() == known => Some((shape, schema)),
            Ok(_) => None,
            Err(why) => {
                let message = format!("this is no JSON Schema: {why}");
                self.wrong(node.span.clone(), message, "schemas follow JSON Schema 2020-12");
                None
            }
        }
    }

    fn shape(&mut self, node: &'n Node) -> Option<Shape> {
        let node = self.resolve(node)?;
        self.annotations(node);
        self.provenance(node);
        self.no_fields_in_choices(node);
        let field = self.field(node);
        let kind = match self.members(node)? {
            members if !members.is_empty() => ShapeKind::Object(members),
            _ => match node.get("items") {
                Some(items) => ShapeKind::List(Box::new(self.shape(items)?)),
                None => ShapeKind::Leaf(self.leaf(node, field.as_ref())?),
            },
        };
        self.list_field_is_on_a_list(node, field.as_ref(), &kind);
        Some(Shape { field, tells: node.get("x-tells").is_some_and(Node::is_true), fill: fill(node), kind })
    }

    /// The members of an object, with those that `allOf` brings.
    fn members(&mut self, node: &'n Node) -> Option<Vec<Member>> {
        let mut members = Vec::new();
        for part in node.get("allOf").map_or(&[][..], Node::items) {
            let part = self.resolve(part)?;
            members.extend(self.members(part)?);
        }
        let required: Vec<&str> =
            node.get("required").map_or(&[][..], Node::items).iter().filter_map(Node::text).collect();
        for (key, below) in node.get("properties").map_or(&[][..], Node::members) {
            let required = required.contains(&key.text.as_str());
            members.push(Member { name: key.text.clone(), required, shape: self.shape(below)? });
        }
        Some(members)
    }

    fn field(&mut self, node: &'n Node) -> Option<Field> {
        let annotation = node.get("x-field")?;
        let name = annotation.text().unwrap_or_default();
        name.parse()
            .map_err(|_| {
                let message = format!("`{name}` is no field");
                self.wrong(annotation.span.clone(), message, advice(name, Field::names()));
            })
            .ok()
    }

    fn leaf(&mut self, node: &'n Node, field: Option<&Field>) -> Option<Leaf> {
        let claims = match node.get("contentSchema") {
            Some(claims) if is_jwt(node) => Some(Box::new(self.shape(claims)?)),
            _ => None,
        };
        Some(Leaf { time: self.time(node, field), claims, proof: self.proof(node, field) })
    }

    fn time(&mut self, node: &'n Node, field: Option<&Field>) -> Option<TimeFormat> {
        if let Some(annotation) = node.get("x-time") {
            let text = annotation.text().unwrap_or_default();
            return text
                .parse()
                .map_err(|_| {
                    let message = format!("`{text}` is no way to write a moment");
                    let help = "iso-ms, epoch-s, epoch-ms, or a strftime pattern down to the second";
                    self.wrong(annotation.span.clone(), message, help);
                })
                .ok();
        }
        let is_moment = matches!(
            field,
            Some(Field::ExpiresAt | Field::RequestedAt | Field::InstallCreatedAt | Field::InstallLastSeen)
        );
        let is_date_time = node.get("format").and_then(Node::text) == Some("date-time");
        if is_moment && !is_date_time {
            let message = "nothing says how this moment is written";
            self.wrong(node.span.clone(), message, "add `x-time`, or `format: date-time`");
        }
        is_moment.then_some(TimeFormat::IsoMs)
    }

    fn proof(&mut self, node: &'n Node, field: Option<&Field>) -> Option<Proof> {
        if field != Some(&Field::Proof) {
            return None;
        }
        let names = Proof::ALL.iter().map(|(name, _)| *name);
        let Some(format) = node.get("format") else {
            let help = format!("name it by `format`: {}", names.collect::<Vec<_>>().join(", "));
            self.wrong(node.span.clone(), "nothing says how this proof is made", help);
            return None;
        };
        let name = format.text().unwrap_or_default();
        name.parse()
            .map_err(|_| {
                let message = format!("`{name}` is no proof that is known");
                self.wrong(format.span.clone(), message, advice(name, names));
            })
            .ok()
    }

    fn list_field_is_on_a_list(&mut self, node: &Node, field: Option<&Field>, kind: &ShapeKind) {
        if field.is_some_and(Field::is_list) && !matches!(kind, ShapeKind::List(_)) {
            let help = "put it on the array whose items it is about";
            self.wrong(node.span.clone(), "a field that is a list stands on something that is none", help);
        }
    }

    /// Which branch of a choice a body takes can't be told before it is read: no field may depend on it.
    fn no_fields_in_choices(&mut self, node: &'n Node) {
        for (key, below) in node.members() {
            if matches!(key.text.as_str(), "anyOf" | "oneOf" | "if" | "then" | "else" | "not") && holds_field(below) {
                let message = format!("a field can't stand inside `{}`", key.text);
                self.wrong(key.span.clone(), message, "put `x-field` on a node that is always read the same way");
            }
        }
    }
}

fn holds_field(node: &Node) -> bool {
    node.get("x-field").is_some()
        || node.members().iter().any(|(_, below)| holds_field(below))
        || node.items().iter().any(holds_field)
}

fn is_jwt(node: &Node) -> bool {
    node.get("contentMediaType").and_then(Node::text) == Some("application/jwt")
}

/// What a request puts at a node that no field feeds: its constant, its default, or its first example.
fn fill(node: &Node) -> Option<Value> {
    let first = |key: &str| node.get(key).and_then(|list| list.items().first());
    let found = node.get("const").or_else(|| node.get("default")).or_else(|| first("examples"));
    found.or_else(|| node.get("example")).map(Node::to_json)
}
