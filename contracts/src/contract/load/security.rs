//! Reads security: the keys that a contract's schemes carry, and those that an operation asks for.

use super::Loader;
use super::annotations::NodeKind;
use crate::advice::near;
use crate::contract::annotation::{KeyBinding, KeyPrefix};
use crate::contract::yaml::{Key, Node};
use crate::contract::{KeyPlace, KeyScheme, SchemeUse};

impl<'n> Loader<'n> {
    pub(super) fn security_schemes(&mut self) {
        for (key, node) in self.declared_schemes() {
            let Some(node) = self.resolve(node) else { continue };
            let is_spelt_right = self.annotations(node, NodeKind::SecurityScheme);
            if let Some(scheme) = self.security_scheme(key, node, is_spelt_right) {
                self.schemes.push(scheme);
            }
        }
    }

    fn security_scheme(&mut self, key: &Key, node: &'n Node, is_spelt_right: bool) -> Option<KeyScheme> {
        let place = self.key_place(key, node);
        let name = &key.text;
        let Some(binding) = node.get("x-key") else {
            let help = "add `x-key: server`, `client`, `session` or `partner`";
            if is_spelt_right {
                self.wrong(key.span.clone(), format!("nothing says what the scheme `{name}` carries"), help);
            }
            return None;
        };
        let KeyPrefix { kind, prefix } = match self.key_binding(binding)? {
            KeyBinding::Kind(kind) => KeyPrefix { kind, prefix: String::new() },
            KeyBinding::Prefixed(long) => long,
        };
        Some(KeyScheme { name: name.clone(), kind, place: place?, prefix })
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

    fn key_place(&mut self, key: &Key, node: &'n Node) -> Option<KeyPlace> {
        let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default();
        match (text("type"), text("scheme").to_ascii_lowercase().as_str(), text("in")) {
            ("http", "bearer", _) => Some(KeyPlace::Bearer),
            ("http", "basic", _) => Some(KeyPlace::Basic),
            ("apiKey", _, "header" | "query") if text("name").is_empty() => {
                let help = "add `name`: the header field or query parameter that holds the key";
                self.wrong(key.span.clone(), "the security scheme has no `name`", help);
                None
            }
            ("apiKey", _, "header") => Some(KeyPlace::Header(text("name").to_ascii_lowercase())),
            ("apiKey", _, "query") => Some(KeyPlace::Query(text("name").to_owned())),
            _ => {
                let help = "a key travels as `type: http` with scheme `bearer` or `basic`, or as `type: apiKey` in header or query";
                let part = ["in", "scheme", "type"].iter().find_map(|part| node.get(part));
                let span = part.map_or(key.span.clone(), |part| part.span.clone());
                self.wrong(span, "this kind of security scheme is not read", help);
                None
            }
        }
    }

    /// The security alternatives that an operation asks for.
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

    fn scheme_use(&mut self, key: &Key, scopes: &Node) -> Option<SchemeUse> {
        let scopes = scopes.items().iter().filter_map(Node::text).map(str::to_owned).collect();
        if let Some(scheme) = self.schemes.iter().position(|scheme| scheme.name == key.text) {
            return Some(SchemeUse { scheme, scopes });
        }
        let declared: Vec<&str> = self.declared_schemes().iter().map(|(known, _)| known.text.as_str()).collect();
        // A scheme that is declared but wrong was reported before.
        if !declared.contains(&key.text.as_str()) {
            let help =
                near(&key.text, declared).unwrap_or_else(|| "define it in `components/securitySchemes`".to_owned());
            self.wrong(key.span.clone(), format!("there is no security scheme `{}`", key.text), help);
        }
        None
    }

    fn declared_schemes(&self) -> &'n [(Key, Node)] {
        let schemes = self.root.get("components").and_then(|components| components.get("securitySchemes"));
        schemes.map_or(&[][..], Node::members)
    }
}
