//! Single values and trees: canonical to JSON and back, along a shape.

use serde_json::{Map, Value};

use crate::contract::{Leaf, Shape, ShapeKind};
use crate::protocol::{Field, FieldValue, Fields};

/// Takes out of `value` whatever fields the shape has in it.
pub(super) fn read(shape: &Shape, value: &Value, fields: &mut Fields) {
    match &shape.kind {
        ShapeKind::Object(members) => {
            for member in members {
                if let Some(below) = value.get(&member.name) {
                    read(&member.shape, below, fields);
                }
            }
        }
        ShapeKind::List(item) => {
            if let (Some(field), Value::Array(items)) = (&shape.field, value) {
                fields.set(field.clone(), read_list(item, field, items));
            }
        }
        ShapeKind::Leaf(leaf) => {
            if let Some(field) = &shape.field
                && let Some(read) = read_leaf(leaf, value)
            {
                fields.set(field.clone(), read);
            }
        }
    }
}

fn read_list(item: &Shape, field: &Field, items: &[Value]) -> FieldValue {
    if !field.is_list() {
        let texts = items.iter().filter_map(Value::as_str).map(str::to_owned);
        return FieldValue::Texts(texts.collect());
    }
    let sets = items.iter().map(|value| {
        let mut fields = Fields::new();
        read(item, value, &mut fields);
        fields
    });
    FieldValue::List(sets.collect())
}

fn read_leaf(leaf: &Leaf, value: &Value) -> Option<FieldValue> {
    if let Some(time) = &leaf.time {
        return time.read(value).map(FieldValue::Time);
    }
    match value {
        Value::String(text) => Some(FieldValue::Text(text.clone())),
        Value::Bool(flag) => Some(FieldValue::Flag(*flag)),
        Value::Number(number) => number.as_i64().map(FieldValue::Int),
        _ => None,
    }
}

/// A field's value as it is written at a node.
pub(super) fn write_value(shape: &Shape, value: &FieldValue) -> Value {
    match (&shape.kind, value) {
        (ShapeKind::Leaf(Leaf { time: Some(time), .. }), FieldValue::Time(moment)) => time.write(*moment),
        (ShapeKind::List(item), FieldValue::List(sets)) => {
            sets.iter().map(|set| write_new(item, set).unwrap_or(Value::Null)).collect()
        }
        _ => value.to_json(),
    }
}

/// A body made from nothing but the fields: members that no field feeds take their constant if they must be there, and are
/// left out if they need not.
pub(super) fn write_new(shape: &Shape, fields: &Fields) -> Option<Value> {
    if let Some(value) = shape.field.as_ref().and_then(|field| fields.get(field)) {
        return Some(write_value(shape, value));
    }
    match &shape.kind {
        ShapeKind::Object(members) => {
            let mut object = Map::new();
            for member in members {
                if let Some(value) = write_member(&member.shape, member.required, fields) {
                    object.insert(member.name.clone(), value);
                }
            }
            Some(Value::Object(object))
        }
        _ => shape.fill.clone(),
    }
}

fn write_member(shape: &Shape, required: bool, fields: &Fields) -> Option<Value> {
    let is_fed = || shape.find(&mut |node| fields.get(node.field.as_ref()?)).is_some();
    if required || is_fed() { write_new(shape, fields) } else { None }
}

/// Puts the fields over the nodes of an example that carry them; what no field feeds stays as the example has it.
pub(super) fn overwrite(shape: &Shape, example: &mut Value, fields: &Fields) {
    if let Some(value) = shape.field.as_ref().and_then(|field| fields.get(field)) {
        *example = write_list_like(shape, example, value);
        return;
    }
    if let ShapeKind::Object(members) = &shape.kind {
        for member in members {
            if let Some(below) = example.get_mut(&member.name) {
                overwrite(&member.shape, below, fields);
            }
        }
    }
}

/// A list of things is made after the example's first; anything else is written as it is.
fn write_list_like(shape: &Shape, example: &Value, value: &FieldValue) -> Value {
    let (ShapeKind::List(item), FieldValue::List(sets)) = (&shape.kind, value) else {
        return write_value(shape, value);
    };
    let pattern = example.get(0).cloned();
    sets.iter()
        .map(|set| match pattern.clone() {
            Some(mut one) => {
                overwrite(item, &mut one, set);
                one
            }
            None => write_new(item, set).unwrap_or(Value::Null),
        })
        .collect()
}
