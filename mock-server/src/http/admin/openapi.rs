//! The admin API's OpenAPI 3.1 document, built from the table of routes.

use axum::Json;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::table::{AdminRoute, ROUTES};
use crate::http::ADMIN;

pub(super) async fn serve() -> Json<Value> {
    Json(openapi())
}

/// The admin API's OpenAPI document.
pub fn openapi() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let settings = settings.with_transform(RecursiveTransform(bounded));
    let mut types = settings.into_generator();
    let mut paths = Map::new();
    for route in ROUTES {
        let path = paths.entry(format!("{ADMIN}{}", route.path)).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation(route, &mut types);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Standin admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Sandboxes, clocks, faults, keys and histories of a running mock.",
        },
        "paths": paths,
        "components": {"schemas": types.take_definitions(true)},
    })
}

fn operation(route: &AdminRoute, types: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.summary,
        "responses": responses(route, types),
    });
    let parameters = parameters(route);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(input) = route.input {
        operation["requestBody"] =
            json!({"required": !route.input_is_optional, "content": {"application/json": {"schema": input(types)}}});
    }
    operation
}

fn responses(route: &AdminRoute, types: &mut SchemaGenerator) -> Value {
    let (status, body) = route.success;
    let mut success = json!({"description": "done"});
    if let Some(body) = body {
        success["content"] = json!({route.media: {"schema": body(types)}});
    }
    let problem = json!({
        "description": "refused; `detail` says what would be right",
        "content": {"application/problem+json": {"schema": {"type": "object"}}},
    });
    let mut responses = Map::new();
    responses.insert(status.to_string(), success);
    responses.insert("default".to_owned(), problem);
    Value::Object(responses)
}

fn parameters(route: &AdminRoute) -> Vec<Value> {
    let path = route.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let in_path = path.map(|name| json!({"name": name, "in": "path", "required": true, "schema": path_schema(name)}));
    let in_query = route
        .query
        .iter()
        .map(|(name, says)| json!({"name": name, "in": "query", "description": says, "schema": whole_number()}));
    in_path.chain(in_query).collect()
}

fn path_schema(name: &str) -> Value {
    if name == "id" { whole_number() } else { json!({"type": "string", "pattern": "^[a-z0-9-]{1,64}$"}) }
}

fn whole_number() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": u64::MAX})
}

/// Adds the largest value of a number's type to its schema.
fn bounded(schema: &mut Schema) {
    let maximum = match schema.get("format").and_then(Value::as_str) {
        Some("uint64" | "uint") => u64::MAX,
        Some("uint32") => u64::from(u32::MAX),
        _ => return,
    };
    if schema.get("maximum").is_none() {
        schema.insert("maximum".to_owned(), maximum.into());
    }
}
