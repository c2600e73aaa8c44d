//! Checks annotations: each is known, and stands where it has a meaning.

use super::{Loader, NAMES};
use crate::advice::near;
use crate::contract::yaml::{Key, Node};

/// A kind of node that can have annotations.
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
    /// The kinds of node at which an annotation has a meaning, and their description for messages.
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
    /// Checks that every annotation at a node is known and has a meaning there. False if one is not: then a missing
    /// annotation is only misspelt.
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

    /// Reports an unknown annotation only if it resembles a known one, because other tools have extensions of their
    /// own.
    fn misspelt(&mut self, key: &Key) {
        if let Some(advice) = near(&key.text, NAMES.iter().copied()) {
            self.wrong(key.span.clone(), format!("`{}` is no annotation", key.text), advice);
        }
    }
}
