//! Follows `$ref`, and puts the target in its place.

use std::ops::Range;

use serde_json::{Map, Value};

use super::Loader;
use crate::advice::near;
use crate::contract::yaml::{Node, Yaml};

/// The deepest nesting of references and schemas. A deeper one counts as a cycle.
const DEEPEST: usize = 60;
/// The most nodes that a document may unfold to.
/// References to references grow exponentially, so a larger document is an attack.
const MOST_NODES: usize = 200_000;
/// The keys that OpenAPI allows beside a reference.
const BESIDE: &[&str] = &["$ref", "summary", "description"];

impl<'n> Loader<'n> {
    /// The node itself, or the target of its `$ref`. Reports a mistake if there is no target.
    pub(super) fn resolve(&mut self, node: &'n Node) -> Option<&'n Node> {
        let mut here = node;
        for _ in 0..DEEPEST {
            let Some(reference) = here.get("$ref") else { return Some(here) };
            self.stands_alone(here);
            here = self.target(reference)?;
        }
        self.circle(node);
        None
    }

    /// The node itself, or the target of its `$ref`, without reporting mistakes. For nodes that were walked before.
    pub(super) fn resolved(&self, node: &'n Node) -> &'n Node {
        let mut here = node;
        for _ in 0..DEEPEST {
            let Some(pointer) = here.get("$ref").and_then(Node::text).and_then(|text| text.strip_prefix("#/")) else {
                return here;
            };
            let Some(found) = self.at(pointer) else { return here };
            here = found;
        }
        here
    }

    /// Reports keys beside a reference, because they would not be read.
    fn stands_alone(&mut self, node: &'n Node) {
        for (key, _) in node.members().iter().filter(|(key, _)| !BESIDE.contains(&key.text.as_str())) {
            let message = format!("`{}` stands beside a `$ref` and would not be read", key.text);
            let help = "move it to what the reference names, or write that out here";
            self.wrong(key.span.clone(), message, help);
        }
    }

    fn target(&mut self, reference: &'n Node) -> Option<&'n Node> {
        let Some(text) = reference.text() else {
            let help = "write `$ref: \"#/components/...\"`";
            self.wrong(reference.span.clone(), "a reference must be a text", help);
            return None;
        };
        let Some(pointer) = text.strip_prefix("#/") else {
            let message = format!("`{text}` leads out of the document");
            self.wrong(reference.span.clone(), message, "a contract is one file: refer to `#/components/...`");
            return None;
        };
        let found = self.at(pointer);
        if found.is_none() {
            let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
            let beside = self.at(parent).map_or(&[][..], Node::members).iter().map(|(key, _)| key.text.as_str());
            let help = near(name, beside).unwrap_or_else(|| "define it there, or mend the reference".to_owned());
            self.wrong(reference.span.clone(), format!("nothing stands at `{text}`"), help);
        }
        found
    }

    /// The node at a JSON pointer from the root, without its first slash.
    fn at(&self, pointer: &str) -> Option<&'n Node> {
        pointer.split('/').try_fold(self.root, |node, part| child(node, &plain(part)))
    }

    /// The place of a JSON pointer below a node, as far as the pointer leads. References are followed.
    pub(super) fn place(&self, node: &'n Node, pointer: &str) -> Range<usize> {
        let mut here = self.resolved(node);
        for part in pointer.split('/').skip(1) {
            let Some(below) = child(here, &plain(part)) else { break };
            here = self.resolved(below);
        }
        here.span.clone()
    }

    /// The node as JSON, with every reference replaced by its target. Reports only once that the document is too large.
    pub(super) fn unfold(&mut self, node: &'n Node) -> Option<Value> {
        let was_small = self.is_small_enough();
        let unfolded = self.inline(node, 0);
        if was_small && !self.is_small_enough() {
            let message = format!("the document unfolds to more than {MOST_NODES} nodes");
            self.wrong(node.span.clone(), message, "refer to fewer parts, or to smaller ones");
        }
        unfolded
    }

    /// Whether the document is below the limit. Above it, a missing part is no mistake: it was never read.
    pub(super) fn is_small_enough(&self) -> bool {
        self.unfolded < MOST_NODES
    }

    fn inline(&mut self, node: &'n Node, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            self.circle(node);
            return None;
        }
        self.unfolded += 1;
        if !self.is_small_enough() {
            return None;
        }
        let node = self.resolve(node)?;
        Some(match &node.value {
            Yaml::Scalar(value) => value.clone(),
            Yaml::List(items) => {
                items.iter().map(|item| self.inline(item, depth + 1)).collect::<Option<Vec<_>>>()?.into()
            }
            Yaml::Map(members) => {
                let mut object = Map::new();
                for (key, below) in members {
                    object.insert(key.text.clone(), self.inline(below, depth + 1)?);
                }
                Value::Object(object)
            }
        })
    }

    fn circle(&mut self, node: &Node) {
        let help = "a body that contains itself can't be bound to fields: write out the levels that are used";
        self.wrong(node.span.clone(), "this refers back to itself", help);
    }
}

/// A part of a JSON pointer, unescaped.
fn plain(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

fn child<'n>(node: &'n Node, part: &str) -> Option<&'n Node> {
    node.get(part).or_else(|| node.items().get(part.parse::<usize>().ok()?))
}
