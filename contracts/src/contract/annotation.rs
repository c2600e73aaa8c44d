//! The closed set of annotations, as types. The loader reads what the published schema describes.

use indexmap::IndexMap;
use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::facts::Facts;
use super::model::BodyKind;
use crate::protocol::{CommandName, Field, KeyKind, ReplyName};

/// The source of a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The certainty of the fact.
    pub is: Is,
    /// The public text that states it. For an assumed fact, the reason for the assumption.
    pub source: String,
    /// The day on which the text was read, as YYYY-MM-DD.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "day")]
    #[schemars(extend("format" = "date"))]
    pub read: Option<String>,
}

/// Reads a day, and keeps its text. Fails unless the text has the form YYYY-MM-DD.
pub(super) fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.parse::<jiff::civil::Date>() {
        Ok(_) if text.len() == "YYYY-MM-DD".len() => Ok(Some(text)),
        _ => Err(serde::de::Error::custom(format!("`{text}` is no day: write it as YYYY-MM-DD, in quotes"))),
    }
}

/// The certainty of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Is {
    /// The vendor's public text says so.
    Documented,
    /// Public code or an example shows it.
    Inferred,
    /// Nothing public says it: it is Standin's own assumption.
    Assumed,
}

/// All annotations by the name they have in a contract. This is what `standin schema contract` publishes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Annotations of a Standin contract")]
pub struct Annotations {
    /// At the root: the vendor's name and the facts that schemas can't express.
    pub x_standin: Option<Facts>,
    /// At an operation: the protocol step that it is.
    pub x_command: Option<CommandBinding>,
    /// At a security scheme: the kind of key that it carries.
    pub x_key: Option<KeyBinding>,
    /// At a schema node or parameter: the canonical field that it carries.
    #[schemars(schema_with = "field_schema")]
    pub x_field: Option<String>,
    /// At a schema node: the format of a moment, as `iso-ms`, `epoch-s`, `epoch-ms`, or a strftime pattern.
    pub x_time: Option<String>,
    /// At a media type: the way its bytes are read.
    pub x_body: Option<BodyKind>,
    /// At a response or example: the replies that it encodes; `key_*` and `session_*` name families of refusals.
    pub x_reply: Option<ReplyBinding>,
    /// At a schema node of a response: whether the node tells apart replies that share a status.
    pub x_tells: Option<bool>,
    /// At an operation, response or schema node: the source of the fact.
    pub x_provenance: Option<Provenance>,
}

/// The JSON Schema of all annotations, each as a member of one object.
pub fn annotation_schema() -> Value {
    let mut schema = schemars::schema_for!(Annotations).to_value();
    // A member with a schema of our own counts as required, but no annotation is required.
    schema.as_object_mut().and_then(|schema| schema.remove("required"));
    let members = schema.get_mut("properties").and_then(Value::as_object_mut);
    members.into_iter().flatten().for_each(|(_, member)| not_null(member));
    schema
}

/// Removes `null` from a member's types. An annotation may be absent but not empty, and an `Option` allows both.
fn not_null(member: &mut Value) {
    if let Some(Value::Array(choices)) = member.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
    }
    if let Some(types @ Value::Array(_)) = member.get_mut("type") {
        *types = types[0].take();
    }
}

fn field_schema(_: &mut SchemaGenerator) -> schemars::Schema {
    let names = Field::names();
    let (of_category, plain): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| name.contains('<'));
    let patterns = of_category
        .iter()
        .map(|name| json!({"type": "string", "pattern": name.replace('.', "\\.").replace("<category>", ".+")}));
    let choices: Vec<Value> = std::iter::once(json!({ "enum": plain })).chain(patterns).collect();
    json_schema!({ "anyOf": choices })
}

/// The names of replies and of reply families.
fn reply_schema(_: &mut SchemaGenerator) -> schemars::Schema {
    let names: Vec<&str> =
        ReplyName::ALL.iter().map(|name| name.as_str()).chain(REPLY_FAMILIES.iter().copied()).collect();
    json_schema!({ "enum": names })
}

fn replies_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
    json_schema!({ "type": "array", "minItems": 1, "items": reply_schema(generator) })
}

/// The words that stand for all refusals with the same prefix.
pub(crate) const REPLY_FAMILIES: &[&str] = &["key_*", "session_*"];

pub(crate) const NAMES: &[&str] =
    &["x-standin", "x-command", "x-key", "x-field", "x-time", "x-body", "x-reply", "x-tells", "x-provenance"];

/// `x-command`: a command's name, or the name with the fields that the path implies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "CommandBinding")]
pub enum CommandBinding {
    /// The name alone.
    Name(CommandName),
    /// The name and the fields that the path implies.
    Set(CommandSet),
}

/// The long form of `x-command`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandSet {
    /// The command.
    pub name: CommandName,
    /// Fields with the constant value that the path implies.
    pub set: IndexMap<String, Value>,
}

/// `x-key`: the kind of key that a security scheme carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum KeyBinding {
    /// The kind alone.
    Kind(KeyKind),
    /// The kind, with the text before the key.
    Prefixed(KeyPrefix),
}

/// The long form of `x-key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyPrefix {
    /// The kind of key that the scheme carries.
    pub kind: KeyKind,
    /// The text before the key, such as `Token token=`.
    pub prefix: String,
}

/// `x-reply`: one reply, or several with the same form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ReplyBinding {
    /// One reply, or a family such as `key_*`.
    One(#[schemars(schema_with = "reply_schema")] String),
    /// Several replies.
    Several(#[schemars(schema_with = "replies_schema")] Vec<String>),
}

#[cfg(test)]
mod tests {
    use super::super::yaml::{self, Node};
    use super::super::{Schema, VENDORS, builtin};
    use super::*;

    #[test]
    fn every_annotation_of_the_shipped_contracts_is_valid_against_the_published_schema() {
        let schema = Schema::compile(annotation_schema()).expect("a schema");
        for vendor in VENDORS {
            let root = yaml::parse(builtin::text(vendor).expect("a text")).expect("YAML");
            let mut found = Vec::new();
            collect(&root, &mut found);
            assert!(found.len() >= 40, "{vendor} has only {} annotations", found.len());
            for one in found {
                assert_eq!(schema.problems(&one), [] as [String; 0], "{vendor}: {one}");
            }
        }
    }

    /// Each annotation as an object of its own.
    fn collect(node: &Node, found: &mut Vec<Value>) {
        for (key, below) in node.members() {
            if NAMES.contains(&key.text.as_str()) {
                found.push(json!({ &key.text: below.to_json() }));
            }
            collect(below, found);
        }
        node.items().iter().for_each(|item| collect(item, found));
    }

    #[test]
    fn the_schema_names_the_annotations_that_the_loader_knows() {
        let schema = annotation_schema();
        let named: Vec<&str> = schema["properties"].as_object().expect("members").keys().map(String::as_str).collect();
        assert_eq!(named, NAMES);
    }

    #[test]
    fn what_is_no_annotation_breaks_the_schema() {
        let schema = Schema::compile(annotation_schema()).expect("a schema");
        for wrong in [
            json!({"x-comand": "issue_credential"}),
            json!({"x-command": "issue_credentials"}),
            json!({"x-command": null}),
            json!({"x-tells": "yes"}),
            json!({"x-tells": null}),
            json!({"x-field": "shoe_size"}),
            json!({"x-field": "permission."}),
            json!({"x-reply": "lost"}),
            json!({"x-reply": []}),
            json!({"x-provenance": {"is": "documented"}}),
            json!({"x-standin": {"vendor": "acme", "credential": {"livetime": {}}}}),
        ] {
            assert!(!schema.allows(&wrong), "{wrong}");
        }
    }
}
