//! Annotations: each is known, and each has its places.

use super::{Loader, NAMES};
use crate::advice::near;
use crate::contract::yaml::{Key, Node};

/// A kind of node that annotations stand at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeKind {
    Root,
    Operation,
    SecurityScheme,
    Parameter,
    Schema,
    Media,
    Response,
    Example,
}

impl NodeKind {
    /// The places in which an annotation means something, and how a person would say them.
    fn of(annotation: &str) -> (&'static [Self], &'static str) {
        match annotation {
            "x-standin" => (&[Self::Root], "at the root of the document"),
            "x-command" => (&[Self::Operation], "at an operation"),
            "x-key" => (&[Self::SecurityScheme], "at a security scheme"),
            "x-field" => (&[Self::Schema, Self::Parameter], "at a schema or a parameter"),
            "x-time" | "x-tells" => (&[Self::Schema], "at a schema"),
            "x-body" => (&[Self::Media], "at a media type"),
            "x-reply" => (&[Self::Response, Self::Example], "at a response, or at one of a response's `examples`"),
            _ => (
                &[Self::Operation, Self::Schema, Self::Parameter, Self::Response, Self::Example, Self::SecurityScheme],
                "at an operation, a response or a schema",
            ),
        }
    }
}

impl<'n> Loader<'n> {
    /// Checks that every annotation at a node is one that exists and that means something there. False if one doesn't: then
    /// nothing is missing, it is misspelt.
    pub(super) fn annotations(&mut self, node: &'n Node, here: NodeKind) -> bool {
        let known = self.mistakes.len();
        for (key, value) in node.members().iter().filter(|(key, _)| key.text.starts_with("x-")) {
            let name = key.text.as_str();
            let (places, said) = NodeKind::of(name);
            if !NAMES.contains(&name) {
                self.misspelt(key);
            } else if !places.contains(&here) {
                self.wrong(key.span.clone(), format!("`{name}` means nothing here"), format!("it stands {said}"));
            } else if name == "x-provenance" {
                self.provenance(value);
            }
        }
        self.mistakes.len() == known
    }

    /// Other tools have extensions of their own: only what nearly is one of ours is a mistake.
    fn misspelt(&mut self, key: &Key) {
        if let Some(advice) = near(&key.text, NAMES.iter().copied()) {
            self.wrong(key.span.clone(), format!("`{}` is no annotation", key.text), advice);
        }
    }
}
