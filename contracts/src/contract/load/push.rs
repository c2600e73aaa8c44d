//! Reads pushes: a payload with a marker by which an app tells it from all others, and nothing else.

use std::ops::Range;

use serde_json::json;

use super::{Loader, PlacedOperation};
use crate::contract::yaml::Node;
use crate::contract::{BodyKind, Operation, Push};
use crate::protocol::Field;

impl<'n> Loader<'n> {
    /// Whether a push has a payload alone.
    /// It travels through a push service, so it has none of the other parts of a request.
    pub(super) fn is_payload_alone(&mut self, placed: &PlacedOperation, node: &'n Node) -> bool {
        let Operation { security, parameters, responses, .. } = &placed.operation;
        let alien = [
            ("security", security.is_empty()),
            ("parameters", parameters.is_empty()),
            ("responses", responses.is_empty()),
        ];
        let alien = alien.into_iter().find(|(_, is_absent)| !is_absent).map(|(name, _)| name);
        if let Some(name) = alien {
            let span = node.key(name).map_or(placed.method.clone(), |key| key.span.clone());
            let help = "a push service hands its payload to the app: leave `parameters` and `responses` out, and write \
                        `security: []` if the root has another";
            self.wrong(span, format!("a push has no `{name}`"), help);
        }
        alien.is_none()
    }

    /// Reads a push. Its payload must be possible to make, and distinguishable from all others.
    pub(super) fn push(&mut self, placed: PlacedOperation) -> Option<Push> {
        let PlacedOperation { operation, method, .. } = placed;
        let media = operation.body.as_ref().and_then(|body| body.media.first());
        let Some(payload) = media.filter(|media| media.kind == BodyKind::Json).cloned() else {
            let help = "add `requestBody` with the payload as `application/json`";
            self.wrong(method, "this push has no payload", help);
            return None;
        };
        let known = self.mistakes.len();
        let push = Push { operation, payload };
        self.fields_mean_something(&push, &method);
        self.push_is_told_apart(&push, method);
        (self.mistakes.len() == known).then_some(push)
    }

    fn fields_mean_something(&mut self, push: &Push, method: &Range<usize>) {
        let fields = push.payload.shape.nodes().into_iter().filter_map(|node| node.field.as_ref());
        for field in fields.filter(|field| **field != Field::ExchangeId) {
            let help = format!("the one field that a push can carry is `{}`, its own id", Field::ExchangeId);
            self.wrong(method.clone(), format!("`{field}` means nothing in a push"), help);
        }
    }

    fn push_is_told_apart(&mut self, push: &Push, method: Range<usize>) {
        let others = [json!({}), json!({"title": "", "body": ""}), json!([]), json!("")];
        if others.iter().any(|payload| push.payload.schema.allows(payload)) {
            let help = "make it an object with a required member that no other push has, by its name or by its `const`";
            self.wrong(method, "nothing tells this push from another's", help);
        } else if !push.is(&push.make("push-1")) {
            let help = "see to it that each required member has a `const`, `default` or example that its schema allows";
            self.wrong(method, "the payload that is made after this schema breaks it", help);
        }
    }
}
