//! Following `$ref`, and putting what it names in its place.

use serde_json::{Map, Value};

use super::Loader;
use crate::contract::yaml::{Node, Yaml};

/// References and schemas deeper than this go round in circles.
const DEEPEST: usize = 60;

impl<'n> Loader<'n> {
    /// The node itself, or what its `$ref` names.
    pub(super) fn resolve(&mut self, node: &'n Node) -> Option<&'n Node> {
        let mut here = node;
        for _ in 0..DEEPEST {
            let Some(reference) = here.get("$ref") else { return Some(here) };
            here = self.target(reference)?;
        }
        self.circle(node);
        None
    }

    fn target(&mut self, reference: &'n Node) -> Option<&'n Node> {
        let text = reference.text().unwrap_or_default();
        let Some(pointer) = text.strip_prefix("#/") else {
            let message = format!("`{text}` leads out of the document");
            self.wrong(reference.span.clone(), message, "a contract is one file: refer to `#/components/...`");
            return None;
        };
        let found = pointer.split('/').try_fold(self.root, |node, part| {
            let part = part.replace("~1", "/").replace("~0", "~");
            node.get(&part).or_else(|| node.items().get(part.parse::<usize>().ok()?))
        });
        if found.is_none() {
            let message = format!("nothing stands at `{text}`");
            self.wrong(reference.span.clone(), message, "define it there, or mend the reference");
        }
        found
    }

    /// The node as JSON with every reference replaced by what it names.
    pub(super) fn inline(&mut self, node: &'n Node, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            self.circle(node);
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

    pub(super) fn circle(&mut self, node: &Node) {
        let help = "a body that contains itself can't be bound to fields: write out the levels that are used";
        self.wrong(node.span.clone(), "this refers back to itself", help);
    }
}
