//! Security: which keys a contract's schemes carry, and which an operation asks for.

use super::Loader;
use crate::contract::annotation::{KeyBinding, KeyPrefix};
use crate::contract::yaml::Node;
use crate::contract::{KeyPlace, KeyScheme, SchemeUse};

impl<'n> Loader<'n> {
    pub(super) fn security_schemes(&mut self) {
        let schemes = self.root.get("components").and_then(|components| components.get("securitySchemes"));
        for (key, node) in schemes.map_or(&[][..], Node::members) {
            let Some(node) = self.resolve(node) else { continue };
            self.annotations(node);
            if let Some(scheme) = self.security_scheme(&key.text, node) {
                self.schemes.push(scheme);
            }
        }
    }

    fn security_scheme(&mut self, name: &str, node: &'n Node) -> Option<KeyScheme> {
        let place = self.key_place(node);
        let Some(binding) = node.get("x-key") else {
            let help = "add `x-key: server`, `client` or `session`";
            self.wrong(node.span.clone(), format!("nothing says what the scheme `{name}` carries"), help);
            return None;
        };
        let KeyPrefix { kind, prefix } = match self.key_binding(binding)? {
            KeyBinding::Kind(kind) => KeyPrefix { kind, prefix: String::new() },
            KeyBinding::Prefixed(long) => long,
        };
        Some(KeyScheme { name: name.to_owned(), kind, place: place?, prefix })
    }

    fn key_binding(&mut self, node: &'n Node) -> Option<KeyBinding> {
        if let Some(word) = node.text() {
            return match word.parse() {
                Ok(kind) => Some(KeyBinding::Kind(kind)),
                Err(error) => {
                    self.unknown_word(node, &error);
                    None
                }
            };
        }
        self.read::<KeyPrefix>(node).map(KeyBinding::Prefixed)
    }

    fn key_place(&mut self, node: &'n Node) -> Option<KeyPlace> {
        let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default();
        match (text("type"), text("scheme").to_ascii_lowercase().as_str(), text("in")) {
            ("http", "bearer", _) => Some(KeyPlace::Bearer),
            ("apiKey", _, "header") => Some(KeyPlace::Header(text("name").to_ascii_lowercase())),
            ("apiKey", _, "query") => Some(KeyPlace::Query(text("name").to_owned())),
            _ => {
                let help = "a key travels as `type: http, scheme: bearer`, or as `type: apiKey` in header or query";
                self.wrong(node.span.clone(), "this kind of security scheme is not read", help);
                None
            }
        }
    }

    /// The alternatives of keys that an operation asks for.
    pub(super) fn security(&mut self, operation: &'n Node) -> Vec<Vec<SchemeUse>> {
        let node = operation.get("security").or_else(|| self.root.get("security"));
        let mut alternatives = Vec::new();
        for requirement in node.map_or(&[][..], Node::items) {
            let known = self.mistakes.len();
            let uses: Vec<SchemeUse> =
                requirement.members().iter().filter_map(|(key, scopes)| self.scheme_use(key, scopes)).collect();
            if self.mistakes.len() == known {
                alternatives.push(uses);
            }
        }
        alternatives
    }

    fn scheme_use(&mut self, key: &crate::contract::yaml::Key, scopes: &Node) -> Option<SchemeUse> {
        let scopes = scopes.items().iter().filter_map(Node::text).map(str::to_owned).collect();
        match self.schemes.iter().position(|scheme| scheme.name == key.text) {
            Some(scheme) => Some(SchemeUse { scheme, scopes }),
            None if self.is_declared_scheme(&key.text) => None,
            None => {
                let message = format!("there is no security scheme `{}`", key.text);
                self.wrong(key.span.clone(), message, "define it in `components/securitySchemes`");
                None
            }
        }
    }

    /// A scheme that is declared but wrong has been told already.
    fn is_declared_scheme(&self, name: &str) -> bool {
        let components = self.root.get("components");
        components.and_then(|node| node.get("securitySchemes")).and_then(|node| node.get(name)).is_some()
    }
}
