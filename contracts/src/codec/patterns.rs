//! Webhook messages, each made from the contract's example of its type. What a message holds besides the canonical
//! fields differs by type, and the vendor's own examples show it best.

use serde_json::Value;

use super::values;
use crate::contract::{Contract, Media, Shape, ShapeKind};
use crate::protocol::{CommandName, Field, FieldValue, Fields};

impl Contract {
    /// The message types in the webhook's examples, in document order.
    pub fn message_types(&self) -> Vec<String> {
        let webhook = self.operation_for(CommandName::Webhook);
        let media = webhook.and_then(|webhook| webhook.body.as_ref()?.media.first());
        let mut types = Vec::new();
        for fields in media.into_iter().flat_map(|media| patterns(media).into_iter().map(|(fields, _)| fields)) {
            types.extend(fields.text(&Field::MessageType).map(str::to_owned).filter(|kind| !types.contains(kind)));
        }
        types
    }

    /// Whether the webhook delivers a list of messages in one request, rather than a single message.
    pub fn delivers_lists(&self) -> bool {
        let webhook = self.operation_for(CommandName::Webhook);
        let media = webhook.and_then(|webhook| webhook.body.as_ref()?.media.first());
        media.is_some_and(|media| list(&media.shape).is_some())
    }
}

/// The body that delivers these messages. None if the media type has no examples.
pub(super) fn write(media: &Media, fields: &Fields) -> Option<Value> {
    let patterns = patterns(media);
    let mut body = media.patterns.first()?.clone();
    let Some(FieldValue::List(messages)) = fields.get(&Field::Messages) else {
        let mut body = like(&patterns, fields).unwrap_or(body);
        values::overwrite(&media.shape, &mut body, fields);
        return Some(body);
    };
    let (place, item) = list(&media.shape)?;
    let made = messages.iter().map(|message| {
        let mut one = like(&patterns, message).unwrap_or(Value::Null);
        values::overwrite(item, &mut one, message);
        one
    });
    *body.pointer_mut(&place)? = made.collect();
    Some(body)
}

/// Every message in the examples, with its fields.
fn patterns(media: &Media) -> Vec<(Fields, &Value)> {
    let told = |shape: &Shape, value: &Value| {
        let mut fields = Fields::new();
        values::read(shape, value, &mut fields);
        fields
    };
    match list(&media.shape) {
        None => media.patterns.iter().map(|body| (told(&media.shape, body), body)).collect(),
        Some((place, item)) => {
            let lists = media.patterns.iter().filter_map(|body| body.pointer(&place)?.as_array());
            lists.flatten().map(|message| (told(item, message), message)).collect()
        }
    }
}

/// The first example of the message's type; else the first example.
fn like(patterns: &[(Fields, &Value)], message: &Fields) -> Option<Value> {
    let wanted = message.text(&Field::MessageType);
    let of_type = patterns.iter().find(|(fields, _)| fields.text(&Field::MessageType) == wanted);
    of_type.or(patterns.first()).map(|(_, value)| (*value).clone())
}

/// The JSON pointer of the list of messages, and the shape of one message.
fn list(shape: &Shape) -> Option<(String, &Shape)> {
    match &shape.kind {
        ShapeKind::List(item) if shape.field == Some(Field::Messages) => Some((String::new(), item)),
        ShapeKind::Object(members) => members.iter().find_map(|member| {
            let (below, item) = list(&member.shape)?;
            Some((format!("/{}{below}", member.name), item))
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::builtin;

    #[test]
    fn a_webhook_delivers_each_type_of_message_that_its_examples_show() {
        let shown = |vendor: &str| {
            let contract = builtin(vendor).expect("it ships").expect("it loads");
            (contract.message_types(), contract.delivers_lists())
        };
        let sentiance = ["transport", "event_prediction", "location", "stationary"].map(str::to_owned).to_vec();
        assert_eq!(shown("sentiance"), (sentiance, true));
        assert_eq!(shown("techcentrix"), (Vec::new(), false), "there is none");
    }

    #[test]
    fn a_message_is_made_after_the_example_of_its_type() {
        let contract = builtin("sentiance").expect("it ships").expect("it loads");
        let webhook = contract.operation_for(CommandName::Webhook).expect("a webhook");
        let media = &webhook.body.as_ref().expect("a body").media[0];
        let made = |kind: &str| {
            let mut message = Fields::new();
            message.set(Field::MessageType, kind);
            message.set(Field::UserId, "5a18");
            let mut fields = Fields::new();
            fields.set(Field::Messages, FieldValue::List(vec![message]));
            let body = write(media, &fields).expect("there are examples");
            body.pointer("/data/0").cloned().unwrap_or_default()
        };
        let (location, stationary) = (made("location"), made("stationary"));
        assert_eq!(location.pointer("/meta/message_type"), Some(&json!("location")));
        assert_eq!(stationary.pointer("/meta/updated_attributes"), Some(&json!(["location"])));
        assert_eq!(location.pointer("/meta/updated_attributes"), None, "each type says its own");
    }
}
