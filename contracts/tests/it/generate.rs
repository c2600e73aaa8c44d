//! Strategies for valid fields, from the part of JSON Schema that the contracts use.

use proptest::prelude::*;
use proptest::string::string_regex;
use serde_json::Value;
use standin_contracts::contract::{Contract, Media, Operation, ResponseContent, Shape, ShapeKind};
use standin_contracts::protocol::{Field, FieldValue, Fields, Timestamp};

/// A node that carries a field, with its schema, and whether it is required.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) field: Field,
    pub(crate) shape: Shape,
    schema: Value,
    required: bool,
}

/// The nodes of a request to an operation, without those that the codec fills itself.
pub(crate) fn request_nodes(operation: &Operation) -> Vec<Node> {
    let mut nodes = Vec::new();
    for parameter in &operation.parameters {
        walk(&parameter.shape, parameter.schema.as_json(), parameter.required, None, &mut nodes);
    }
    for media in operation.body.iter().filter_map(|body| body.media.first()) {
        walk(&media.shape, media.schema.as_json(), true, None, &mut nodes);
    }
    nodes.retain(|node| {
        !matches!(node.field, Field::Proof | Field::ClientKey)
            && !operation.set.iter().any(|(set, _)| *set == node.field)
    });
    nodes
}

/// The nodes of a response that its example has. What the example leaves out is never written.
pub(crate) fn response_nodes(content: &ResponseContent) -> Vec<Node> {
    let mut nodes = Vec::new();
    let Media { shape, schema, .. } = &content.media;
    walk(shape, schema.as_json(), false, Some(&content.example), &mut nodes);
    // A moment in an example may be finer than any that the engine sends, and can't be set by a field.
    for node in nodes.iter_mut().filter(|node| matches!(&node.shape.kind, ShapeKind::Leaf(leaf) if leaf.time.is_some()))
    {
        node.required = true;
    }
    nodes
}

fn walk(shape: &Shape, schema: &Value, required: bool, example: Option<&Value>, nodes: &mut Vec<Node>) {
    if let Some(field) = &shape.field {
        nodes.push(Node { field: field.clone(), shape: shape.clone(), schema: schema.clone(), required });
    }
    let ShapeKind::Object(members) = &shape.kind else { return };
    // The fields of an item that is a whole body are generated with the item.
    let of_item = |node: &Node| node.field.list() == Some(Field::Items);
    let known = nodes.len();
    for member in members {
        let below = example.map(|example| example.get(&member.name));
        if below != Some(None) {
            walk(&member.shape, property(schema, &member.name), required && member.required, below.flatten(), nodes);
        }
    }
    if shape.field == Some(Field::Items) {
        let rest = nodes.split_off(known);
        nodes.extend(rest.into_iter().filter(|node| !of_item(node)));
    }
}

/// The schema of a member, from the object itself or from its `allOf`.
fn property<'s>(schema: &'s Value, name: &str) -> &'s Value {
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let own = std::iter::once(schema).chain(parts).find_map(|part| part["properties"].get(name));
    own.unwrap_or(&Value::Null)
}

/// The nodes of an item that is a whole body.
fn item_nodes(shape: &Shape, schema: &Value) -> Vec<Node> {
    let mut nodes = Vec::new();
    walk(&Shape { field: None, ..shape.clone() }, schema, true, None, &mut nodes);
    nodes.retain(|node| node.field.list() == Some(Field::Items));
    nodes
}

/// Sets of fields for the nodes: the required ones, and any of the others.
pub(crate) fn fields(contract: &Contract, nodes: Vec<Node>) -> BoxedStrategy<Fields> {
    let contract = contract.clone();
    let all = nodes.into_iter().map(move |node| {
        if node.field == Field::Grants {
            return grants();
        }
        let value = value(&contract, &node).prop_map(Some);
        let field = node.field.clone();
        let value = if node.required { value.boxed() } else { prop_oneof![3 => value, 1 => Just(None)].boxed() };
        value.prop_map(move |value| value.into_iter().map(|value| (field.clone(), value)).collect::<Fields>()).boxed()
    });
    let merged = |sets: Vec<Fields>| {
        sets.into_iter().fold(Fields::new(), |mut all, set| {
            all.extend(set);
            all
        })
    };
    all.collect::<Vec<_>>().prop_map(merged).boxed()
}

/// The user's permissions, which are a list on the wire.
fn grants() -> BoxedStrategy<Fields> {
    let allowed = prop::collection::btree_map("[a-z]{1,8}", any::<bool>(), 0..4);
    let set = |all: std::collections::BTreeMap<String, bool>| {
        all.into_iter().map(|(category, allowed)| (Field::Permission(category), FieldValue::Flag(allowed))).collect()
    };
    allowed.prop_map(set).boxed()
}

fn value(contract: &Contract, node: &Node) -> BoxedStrategy<FieldValue> {
    let schema = &node.schema;
    match &node.shape.kind {
        ShapeKind::List(item) if node.field.is_list() => {
            let mut nodes = Vec::new();
            walk(item, &schema["items"], true, None, &mut nodes);
            prop::collection::vec(fields(contract, nodes), 0..4).prop_map(FieldValue::List).boxed()
        }
        ShapeKind::Object(_) => {
            let item = fields(contract, item_nodes(&node.shape, schema));
            item.prop_map(|item| FieldValue::List(vec![item])).boxed()
        }
        ShapeKind::List(_) if schema["items"]["enum"].is_null() => {
            prop::collection::vec("[a-z0-9-]{1,8}", 0..4).prop_map(FieldValue::Texts).boxed()
        }
        ShapeKind::List(_) => {
            let known = words(&schema["items"]["enum"]);
            prop::sample::subsequence(known.clone(), 0..=known.len()).prop_map(FieldValue::Texts).boxed()
        }
        ShapeKind::Leaf(leaf) if leaf.time.is_some() => moment().prop_map(FieldValue::Time).boxed(),
        ShapeKind::Leaf(leaf) if leaf.claims.is_some() => jwt(contract),
        _ if has_type(schema, "boolean") => any::<bool>().prop_map(FieldValue::Flag).boxed(),
        _ if has_type(schema, "integer") => any::<i64>().prop_map(FieldValue::Int).boxed(),
        ShapeKind::Leaf(_) => text(schema).prop_map(FieldValue::Text).boxed(),
    }
}

fn has_type(schema: &Value, name: &str) -> bool {
    schema["type"] == name
}

fn words(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (0..253_402_000_000_000_i64).prop_map(Timestamp::from_millis)
}

/// A credential as the contract mints it, for any user and moment.
fn jwt(contract: &Contract) -> BoxedStrategy<FieldValue> {
    let contract = contract.clone();
    (any::<[u8; 32]>(), "(?s).{0,9}", moment())
        .prop_map(move |(random, user, until)| {
            let claims = Fields::new()
                .with(Field::CredentialId, "0b6ff1fc-95a2-4d4c-8a2b-3f3f8c3a7d11")
                .with(Field::ExternalId, user)
                .with(Field::ExpiresAt, until);
            FieldValue::Text(contract.mint(random, &claims, &standin_contracts::contract::Secrets::default()))
        })
        .boxed()
}

fn text(schema: &Value) -> BoxedStrategy<String> {
    let known = words(&schema["enum"]);
    if !known.is_empty() {
        return prop::sample::select(known).boxed();
    }
    let least = schema["minLength"].as_u64().unwrap_or(0);
    let most = schema["maxLength"].as_u64().unwrap_or(40).min(80);
    let pattern = match (schema["pattern"].as_str(), schema["format"].as_str()) {
        // The only pattern that contracts use: any number of characters of one class.
        (Some(pattern), _) => pattern.trim_matches(['^', '$']).replace('+', &format!("{{{least},{most}}}")),
        (None, Some("uuid")) => "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}".to_owned(),
        (None, _) => format!("(?s).{{{least},{most}}}"),
    };
    string_regex(&pattern).expect("a pattern").boxed()
}
