//! Loading a contract: the whole document is walked, and all of its mistakes are told at once.

mod operation;
mod reference;
mod response;
mod schema;
mod security;

use sha2::{Digest, Sha256};

use super::annotation::NAMES;
use super::diagnostic::{Diagnostic, Refused, advice};
use super::facts::Facts;
use super::yaml::{self, Node};
use super::{Contract, KeyScheme, Operation};

impl Contract {
    /// Loads a contract from its text; `file` is the name that mistakes are told under.
    pub fn load(file: &str, text: &str) -> Result<Self, Refused> {
        let refuse = |mistakes| Refused::new(file, text, mistakes);
        let root = yaml::parse(text).map_err(refuse)?;
        let mut loader = Loader { root: &root, schemes: Vec::new(), mistakes: Vec::new() };
        let contract = loader.contract(text);
        let mistakes = loader.mistakes;
        contract.filter(|_| mistakes.is_empty()).ok_or_else(|| Refused::new(file, text, mistakes))
    }
}

/// Walks a document and collects what is wrong with it.
struct Loader<'n> {
    root: &'n Node,
    schemes: Vec<KeyScheme>,
    mistakes: Vec<Diagnostic>,
}

impl<'n> Loader<'n> {
    fn contract(&mut self, text: &str) -> Option<Contract> {
        self.version();
        let facts = self.facts();
        self.security_schemes();
        let operations = self.operations();
        self.paths_are_distinct(&operations);
        let title = self.root.get("info").and_then(|info| info.get("title")).and_then(Node::text);
        let facts = facts?;
        Some(Contract {
            vendor: facts.vendor.clone(),
            title: title.unwrap_or(&facts.vendor).to_owned(),
            digest: Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect(),
            facts,
            operations,
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
        let Some(node) = self.root.get("x-standin") else {
            self.wrong(
                0..0,
                "the root has no `x-standin`",
                "add `x-standin: {vendor: <name>}` with the vendor's facts",
            );
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

    fn operations(&mut self) -> Vec<Operation> {
        let paths = self.root.get("paths").map_or(&[][..], Node::members);
        if paths.is_empty() {
            self.wrong(
                0..0,
                "the document has no paths",
                "add `paths` with at least one operation that has `x-command`",
            );
        }
        let mut operations = Vec::new();
        for (path, item) in paths {
            for (method, node) in item.members() {
                operations.extend(self.operation(path, method, item, node));
            }
        }
        operations
    }

    /// Two operations with one method whose paths differ in parameters' names only can't be told apart.
    fn paths_are_distinct(&mut self, operations: &[Operation]) {
        let mut seen: Vec<(String, &str)> = Vec::new();
        for operation in operations {
            let blank: Vec<&str> = operation
                .path
                .iter()
                .map(|segment| if super::route::is_parameter(segment) { "{}" } else { segment.as_str() })
                .collect();
            let line = format!("{} /{}", operation.method, blank.join("/"));
            if let Some((_, other)) = seen.iter().find(|(known, _)| *known == line) {
                let span = self.path_span(operation);
                let message = format!("`{}` and `{other}` have the same method and path", operation.id);
                self.wrong(span, message, "a request must lead to one operation: change one of the two");
            }
            if seen.iter().any(|(_, other)| *other == operation.id) {
                let span = self.path_span(operation);
                let message = format!("two operations have the id `{}`", operation.id);
                self.wrong(span, message, "each `operationId` names one operation: change one of the two");
            }
            seen.push((line, &operation.id));
        }
    }

    fn path_span(&self, operation: &Operation) -> std::ops::Range<usize> {
        let path = format!("/{}", operation.path.join("/"));
        let paths = self.root.get("paths").map_or(&[][..], Node::members);
        paths.iter().find(|(known, _)| known.text == path).map_or(0..0, |(key, _)| key.span.clone())
    }

    /// Notes a mistake.
    fn wrong(&mut self, span: std::ops::Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.mistakes.push(Diagnostic::new(span, message, help));
    }

    /// Reads an annotation's value into its type; a mistake is told at the very node that is wrong.
    fn read<T: serde::de::DeserializeOwned>(&mut self, node: &Node) -> Option<T> {
        serde_path_to_error::deserialize(node.to_json())
            .map_err(|error| {
                let place = node.at(error.path());
                let said = error.inner().to_string();
                let (message, help) = explain(&said);
                self.wrong(self.key_of(place, &said).unwrap_or_else(|| place.span.clone()), message, help);
            })
            .ok()
    }

    /// The place of the key that a message quotes, where the mistake is the key itself.
    fn key_of(&self, node: &Node, said: &str) -> Option<std::ops::Range<usize>> {
        let quoted = said.strip_prefix("unknown field `")?.split('`').next()?;
        node.members().iter().find(|(key, _)| key.text == quoted).map(|(key, _)| key.span.clone())
    }

    /// Checks that every annotation at a node is one that exists.
    fn annotations(&mut self, node: &'n Node) {
        for (key, _) in node.members() {
            if key.text.starts_with("x-") && !NAMES.contains(&key.text.as_str()) {
                let message = format!("`{}` is no annotation", key.text);
                self.wrong(key.span.clone(), message, advice(&key.text, NAMES.iter().copied()));
            }
        }
    }
}

/// Splits a message of serde's into what is wrong and what would be right.
fn explain(said: &str) -> (String, String) {
    match said.split_once(", expected ") {
        Some((wrong, right)) => (wrong.to_owned(), format!("expected {right}")),
        None if said.starts_with("missing field") => (said.to_owned(), "add it".to_owned()),
        None => (said.to_owned(), "see `standin schema contract` for what may stand here".to_owned()),
    }
}
