//! Values and whole bodies: canonical fields to JSON and back, guided by a shape.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::contract::{Leaf, Member, Shape, ShapeKind};
use crate::protocol::{Field, FieldValue, Fields};

/// Reads the fields that the shape has nodes for from `value` into `fields`.
pub(super) fn read(shape: &Shape, value: &Value, fields: &mut Fields) {
    match &shape.kind {
        ShapeKind::Object(members) if shape.field == Some(Field::Items) => {
            let mut told = Fields::new();
            read_members(members, value, &mut told);
            read_whole(told, fields);
        }
        ShapeKind::Object(members) => read_members(members, value, fields),
        ShapeKind::List(item) if shape.field == Some(Field::Grants) => read_grants(item, value, fields),
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

fn read_members(members: &[Member], value: &Value, fields: &mut Fields) {
    for member in members {
        if let Some(below) = value.get(&member.name) {
            read(&member.shape, below, fields);
        }
    }
}

/// Splits the fields of a body that is one item into the item's fields and the other fields.
fn read_whole(told: Fields, fields: &mut Fields) {
    let (mut item, mut rest) = (Fields::new(), Fields::new());
    for (field, value) in told.iter() {
        let of_item = field.list() == Some(Field::Items);
        if of_item { &mut item } else { &mut rest }.set(field.clone(), value.clone());
    }
    fields.extend(rest);
    fields.set(Field::Items, FieldValue::List(vec![item]));
}

/// Reads a list of grants into one [`Field::Permission`] per category.
fn read_grants(item: &Shape, value: &Value, fields: &mut Fields) {
    for one in value.as_array().into_iter().flatten() {
        let mut grant = Fields::new();
        read(item, one, &mut grant);
        if let (Some(category), Some(allowed)) = (grant.text(&Field::GrantCategory), grant.get(&Field::GrantAllowed)) {
            fields.set(Field::Permission(category.to_owned()), allowed.clone());
        }
    }
}

fn grants(fields: &Fields) -> FieldValue {
    let grants = fields.iter().filter_map(|(field, allowed)| match field {
        Field::Permission(category) => {
            let grant = Fields::new().with(Field::GrantCategory, category.as_str());
            Some(grant.with(Field::GrantAllowed, allowed.clone()))
        }
        _ => None,
    });
    FieldValue::List(grants.collect())
}

/// The fields as a body's members have them. In a body that is one item, the item's fields stand beside the others.
fn unpacked<'f>(shape: &Shape, fields: &'f Fields) -> Cow<'f, Fields> {
    match fields.list(&Field::Items).first() {
        Some(item) if shape.field == Some(Field::Items) => {
            let mut all = fields.clone();
            all.extend(item.clone());
            Cow::Owned(all)
        }
        _ => Cow::Borrowed(fields),
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

/// A field's value as JSON, in the format of the node.
pub(super) fn write_value(shape: &Shape, value: &FieldValue) -> Value {
    match (&shape.kind, value) {
        (ShapeKind::Leaf(Leaf { time: Some(time), .. }), FieldValue::Time(moment)) => time.write(*moment),
        (ShapeKind::List(item), FieldValue::List(sets)) => {
            sets.iter().map(|set| write_new(item, set).unwrap_or(Value::Null)).collect()
        }
        _ => value.to_json(),
    }
}

/// Makes a body from the fields alone. A member that no field feeds takes its constant if it is required, and is left
/// out otherwise.
pub(super) fn write_new(shape: &Shape, fields: &Fields) -> Option<Value> {
    match &shape.kind {
        ShapeKind::List(_) if shape.field == Some(Field::Grants) => Some(write_value(shape, &grants(fields))),
        ShapeKind::Object(members) => {
            let fields = &*unpacked(shape, fields);
            let mut object = Map::new();
            for member in members {
                if let Some(value) = write_member(&member.shape, member.required, fields) {
                    object.insert(member.name.clone(), value);
                }
            }
            Some(Value::Object(object))
        }
        _ => {
            let value = shape.field.as_ref().and_then(|field| fields.get(field));
            value.map(|value| write_value(shape, value)).or_else(|| shape.fill.clone())
        }
    }
}

fn write_member(shape: &Shape, required: bool, fields: &Fields) -> Option<Value> {
    let is_fed = || shape.find(&mut |node| feeds(node.field.as_ref()?, fields).then_some(())).is_some();
    if required || is_fed() { write_new(shape, fields) } else { None }
}

/// Whether there is a value to write for this field.
fn feeds(field: &Field, fields: &Fields) -> bool {
    let is_permission = |(known, _): (&Field, &FieldValue)| matches!(known, Field::Permission(_));
    fields.get(field).is_some() || *field == Field::Grants && fields.iter().any(is_permission)
}

/// Replaces the values of an example's nodes by the fields that they carry. A node that no field feeds keeps the
/// example's value.
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

/// Makes each item of a list from the example's first item. Any other value is written as it is.
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
