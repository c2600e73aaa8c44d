//! Checks the examples that responses are made from: valid, readable, and with the fields that the replies need.

use serde_json::Value;

use super::Loader;
use crate::contract::yaml::{Key, Node};
use crate::contract::{Media, Shape, ShapeKind, TimeFormat};
use crate::protocol::{Field, ReplyName, Timestamp};

/// The replies that need a field: an answer without it would tell the client nothing.
const MUST_CARRY: &[(ReplyName, Field)] =
    &[(ReplyName::CredentialIssued, Field::Credential), (ReplyName::InstallsListed, Field::Installs)];

const SAMPLE: Timestamp = Timestamp::from_millis(1_612_362_723_076);

impl<'n> Loader<'n> {
    pub(super) fn example_is_valid(&mut self, media: &Media, value: &'n Node, example: &Value) {
        for broken in media.schema.broken(example) {
            let help = "the mock would send what its own contract forbids: mend the example or the schema";
            let message = format!("the example breaks its schema: {}", broken.why);
            self.wrong(self.place(value, &broken.place), message, help);
        }
    }

    /// Checks that the example's moments can be read. One that can't shows that the schema declares the wrong format.
    pub(super) fn moments_are_read(&mut self, media: &Media, value: &'n Node, example: &Value) {
        let mut unread = Vec::new();
        unread_moments(&media.shape, example, String::new(), &mut unread);
        for (place, format) in unread {
            let message = format!("this moment is not written as `{format}`");
            let help = format!("write it as {}, or change `x-time`", format.write(SAMPLE));
            self.wrong(self.place(value, &place), message, help);
        }
    }

    /// Checks that the example has the fields that the replies need. A response is its example with the fields put
    /// over it, so what the example leaves out is never sent.
    pub(super) fn replies_are_carried(
        &mut self,
        replies: &[ReplyName],
        media: &Media,
        schema: &Key,
        value: &'n Node,
        example: &Value,
    ) {
        for (name, field) in MUST_CARRY.iter().filter(|(name, _)| replies.contains(name)) {
            if !media.shape.nodes().iter().any(|node| node.field.as_ref() == Some(field)) {
                let message = format!("no node of this schema carries `{field}`, which `{name}` is for");
                let help = format!("put `x-field: {field}` on the node that holds it");
                self.wrong(schema.span.clone(), message, help);
            } else if !carries(&media.shape, example, field) {
                let message = format!("the example leaves out the node that carries `{field}`, which `{name}` is for");
                self.wrong(value.span.clone(), message, "a response is made from its example: put the node into it");
            }
        }
    }
}

/// Whether the example has a node that carries the field.
fn carries(shape: &Shape, example: &Value, field: &Field) -> bool {
    let below = |members: &Vec<crate::contract::Member>| {
        members.iter().any(|member| example.get(&member.name).is_some_and(|below| carries(&member.shape, below, field)))
    };
    shape.field.as_ref() == Some(field) || matches!(&shape.kind, ShapeKind::Object(members) if below(members))
}

fn unread_moments(shape: &Shape, example: &Value, place: String, unread: &mut Vec<(String, TimeFormat)>) {
    match &shape.kind {
        ShapeKind::Object(members) => {
            for member in members {
                if let Some(below) = example.get(&member.name) {
                    let escaped = member.name.replace('~', "~0").replace('/', "~1");
                    unread_moments(&member.shape, below, format!("{place}/{escaped}"), unread);
                }
            }
        }
        ShapeKind::List(item) => {
            for (index, below) in example.as_array().into_iter().flatten().enumerate() {
                unread_moments(item, below, format!("{place}/{index}"), unread);
            }
        }
        ShapeKind::Leaf(leaf) => {
            if let Some(format) =
                leaf.time.as_ref().filter(|format| !example.is_null() && format.read(example).is_none())
            {
                unread.push((place, format.clone()));
            }
        }
    }
}
