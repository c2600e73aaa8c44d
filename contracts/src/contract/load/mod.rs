//! Loads a contract: walks the whole document, and reports all mistakes at once.

mod annotations;
mod batch;
mod example;
mod explain;
mod field;
mod operation;
mod path;
mod push;
mod reference;
mod request;
mod response;
mod schema;
mod security;
mod webhook;

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::annotation::NAMES;
use super::diagnostic::{Diagnostic, InvalidFile};
use super::facts::Facts;
use super::yaml::{self, Node, Yaml};
use super::{Contract, KeyScheme, Operation};
use crate::advice::advice;
use crate::protocol::CommandName;
use annotations::NodeKind;

impl Contract {
    /// Loads a contract from its text. `file` is the file's name in diagnostics.
    pub fn load(file: &str, text: &str) -> Result<Self, InvalidFile> {
        let refuse = |mistakes| InvalidFile::new(file, text, mistakes);
        let root = yaml::parse(text).map_err(refuse)?;
        let mut loader = Loader { root: &root, schemes: Vec::new(), mistakes: Vec::new(), unfolded: 0 };
        let contract = loader.contract(text);
        let mistakes = loader.mistakes;
        contract.filter(|_| mistakes.is_empty()).ok_or_else(|| InvalidFile::new(file, text, mistakes))
    }
}

/// Walks a document and collects its mistakes.
struct Loader<'n> {
    root: &'n Node,
    schemes: Vec<KeyScheme>,
    mistakes: Vec<Diagnostic>,
    /// The number of nodes that were unfolded so far.
    unfolded: usize,
}

/// An operation, with the places that mistakes about the whole operation point to.
struct PlacedOperation {
    operation: Operation,
    method: Range<usize>,
    id: Range<usize>,
}

impl Loader<'_> {
    fn contract(&mut self, text: &str) -> Option<Contract> {
        if !matches!(self.root.value, Yaml::Map(_)) {
            let help = "a contract is an OpenAPI document: it begins with `openapi: 3.1.0`";
            self.wrong(self.root.span.clone(), "the document is no map", help);
            return None;
        }
        self.version();
        let facts = self.facts();
        self.security_schemes();
        let placed = self.operations();
        self.operations_are_distinct(&placed);
        let webhooks = self.webhooks();
        self.webhooks_are_distinct(&placed, &webhooks);
        let (pushes, webhooks): (Vec<_>, Vec<_>) =
            webhooks.into_iter().partition(|placed| placed.operation.command == CommandName::Push);
        let push = pushes.into_iter().next().and_then(|placed| self.push(placed));
        let title = self.root.get("info").and_then(|info| info.get("title")).and_then(Node::text);
        let facts = facts?;
        // A body with mistakes has no fields to look for.
        if self.mistakes.is_empty() {
            self.batches_are_known_again(&placed, &facts);
        }
        Some(Contract {
            vendor: facts.vendor.clone(),
            title: title.unwrap_or(&facts.vendor).to_owned(),
            document: text.into(),
            digest: Sha256::digest(text).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")),
            facts,
            operations: placed.into_iter().map(|placed| placed.operation).collect(),
            webhooks: webhooks.into_iter().map(|placed| placed.operation).collect(),
            push,
            schemes: std::mem::take(&mut self.schemes),
        })
    }

    fn version(&mut self) {
        let version = self.root.get("openapi");
        if !version.and_then(Node::text).is_some_and(|version| version.starts_with("3.1.")) {
            let span = version.map_or(0..0, |node| node.span.clone());
            self.wrong(span, "this is no OpenAPI 3.1 document", "begin the document with `openapi: 3.1.0`");
        }
    }

    fn facts(&mut self) -> Option<Facts> {
        let is_spelt_right = self.annotations(self.root, NodeKind::Root);
        let Some(node) = self.root.get("x-standin") else {
            if is_spelt_right {
                let help = "add `x-standin: {vendor: <name>}` with the vendor's facts";
                self.wrong(0..0, "the root has no `x-standin`", help);
            }
            return None;
        };
        let facts: Facts = self.read(node)?;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if facts.vendor.is_empty() || !facts.vendor.chars().all(fits) || facts.vendor.starts_with('-') {
            let span = node.get("vendor").unwrap_or(node).span.clone();
            let message = format!("`{}` can't be a vendor's name", facts.vendor);
            self.wrong(span, message, "a name has lower-case letters, digits and dashes: it is a part of the URL");
            return None;
        }
        Some(facts)
    }

    fn operations(&mut self) -> Vec<PlacedOperation> {
        let paths = self.root.get("paths");
        if paths.is_none_or(|paths| paths.members().is_empty()) {
            let span = paths.map_or(0..0, |paths| paths.span.clone());
            let help = "add `paths` with at least one operation that has `x-command`";
            self.wrong(span, "the document has no paths", help);
        }
        let mut placed = Vec::new();
        for (path, item) in paths.map_or(&[][..], Node::members) {
            self.path_is_readable(path);
            for (method, node) in item.members() {
                let operation = self.operation(path, method, item, node);
                placed.extend(operation.filter(|placed| self.is_asked_of_vendor(placed, node)));
            }
        }
        placed
    }

    fn wrong(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.mistakes.push(Diagnostic::new(span, message, help));
    }

    /// Reads an annotation's value into its type. A mistake points to the exact node that is wrong.
    fn read<T: serde::de::DeserializeOwned>(&mut self, node: &Node) -> Option<T> {
        serde_path_to_error::deserialize(node.to_json())
            .map_err(|error| {
                let said = error.inner().to_string();
                let (message, help) = explain::explain(&said);
                let key = key_of(node, error.path()).filter(|_| explain::is_about_key(&said));
                self.wrong(key.unwrap_or_else(|| node.at(error.path()).span.clone()), message, help);
            })
            .ok()
    }
}

/// The place of the key that a path ends with.
fn key_of(node: &Node, path: &serde_path_to_error::Path) -> Option<Range<usize>> {
    let (mut here, mut found) = (node, None);
    for segment in path {
        let serde_path_to_error::Segment::Map { key } = segment else { return None };
        found = here.key(key);
        here = here.get(key)?;
    }
    found.map(|key| key.span.clone())
}
