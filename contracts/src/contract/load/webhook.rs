//! Reads webhooks and pushes, and keeps them apart from the operations that are asked of the vendor.

use super::{Loader, PlacedOperation};
use crate::contract::yaml::{Key, Node};
use crate::protocol::{CommandName, KeyKind};

impl<'n> Loader<'n> {
    /// The operations under `webhooks`. The keys there are names and not paths: the receiver chooses its own path.
    pub(super) fn webhooks(&mut self) -> Vec<PlacedOperation> {
        let mut placed = Vec::new();
        for (name, item) in self.root.get("webhooks").map_or(&[][..], Node::members) {
            let Some(item) = self.resolve(item) else { continue };
            let nowhere = Key { text: "/".to_owned(), span: name.span.clone() };
            for (method, node) in item.members() {
                let operation = self.operation(&nowhere, method, item, node);
                placed.extend(operation.filter(|placed| self.is_asked_of_receiver(placed, node)));
            }
        }
        for PlacedOperation { operation, .. } in &mut placed {
            operation.path.clear();
        }
        placed
    }

    /// Checks that each command has one webhook, and that each id names one operation or webhook.
    pub(super) fn webhooks_are_distinct(&mut self, operations: &[PlacedOperation], webhooks: &[PlacedOperation]) {
        for (index, PlacedOperation { operation, method, id }) in webhooks.iter().enumerate() {
            let before = &webhooks[..index];
            if before.iter().any(|other| other.operation.command == operation.command) {
                let message = format!("two webhooks are `{}`", operation.command);
                self.wrong(method.clone(), message, "a receiver has one for each: change one of the two");
            }
            if operations.iter().chain(before).any(|other| other.operation.id == operation.id) {
                let message = format!("two operations have the id `{}`", operation.id);
                self.wrong(id.clone(), message, "each `operationId` names one operation: change one of the two");
            }
        }
    }

    /// Whether an operation may stand under `paths`.
    pub(super) fn is_asked_of_vendor(&mut self, placed: &PlacedOperation, node: &'n Node) -> bool {
        let command = placed.operation.command;
        let is_webhook = command.is_webhook() || command == CommandName::Push;
        if is_webhook {
            let message = format!("`{command}` is asked by the vendor, and not of it");
            self.at_command(node, message, "move the operation from `paths` to `webhooks`");
        } else if placed.operation.asks_for(KeyKind::Partner, &self.schemes) {
            let help = "use a scheme with `x-key: server`, `client` or `session`";
            self.wrong(
                placed.method.clone(),
                "a partner key opens a client backend's receiver, and nothing here",
                help,
            );
        }
        !is_webhook
    }

    /// Whether an operation may stand under `webhooks`.
    fn is_asked_of_receiver(&mut self, placed: &PlacedOperation, node: &'n Node) -> bool {
        let command = placed.operation.command;
        if command == CommandName::Push {
            return self.is_payload_alone(placed, node);
        }
        let schemes = placed.operation.security.iter().flatten().map(|used| &self.schemes[used.scheme]);
        let is_foreign = schemes.into_iter().any(|scheme| scheme.kind != KeyKind::Partner);
        if !command.is_webhook() {
            let message = format!("`{command}` is asked of the vendor, and not of a client backend");
            let known = [CommandName::Webhook, CommandName::WebhookProbe, CommandName::Push];
            let help = format!("what stands here is `{}`, `{}` or `{}`", known[0], known[1], known[2]);
            self.at_command(node, message, &help);
        } else if is_foreign {
            let help = "use a scheme with `x-key: partner`, or `security: []` where a proof in the body is enough";
            self.wrong(placed.method.clone(), "a receiver is opened by a partner key alone", help);
        }
        command.is_webhook()
    }

    fn at_command(&mut self, node: &'n Node, message: String, help: &str) {
        let span = node.get("x-command").map_or(0..0, |node| node.span.clone());
        self.wrong(span, message, help);
    }
}
