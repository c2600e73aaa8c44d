//! Bodies: bytes to JSON and back, by the body kind that the contract sets.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Map, Value};

use crate::contract::{BodyKind, Media};

/// The largest size of a decompressed body, in bytes. Parsed JSON takes many times that memory, so a small body must
/// not unfold without limit.
const UNFOLDED: u64 = 4 * 1024 * 1024;

/// Reads a body as JSON. The error is a sentence for the sender.
pub(super) fn read(media: &Media, bytes: &[u8]) -> Result<Value, String> {
    match media.kind {
        BodyKind::Json => json(bytes),
        BodyKind::GzipJson => json(&unfold(bytes)?),
        BodyKind::Text => {
            std::str::from_utf8(bytes).map(Value::from).map_err(|_| "the body is no UTF-8 text".to_owned())
        }
        BodyKind::Form => Ok(form(media, bytes)),
    }
}

/// Writes a JSON value as a body.
pub(super) fn write(kind: BodyKind, value: &Value) -> Vec<u8> {
    match (kind, value) {
        (BodyKind::Text, Value::String(text)) => text.clone().into_bytes(),
        (BodyKind::Form, Value::Object(members)) => form_text(members).into_bytes(),
        (BodyKind::GzipJson, value) => fold(value.to_string().as_bytes()),
        (_, value) => value.to_string().into_bytes(),
    }
}

fn json(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("the body is no JSON: {error}"))
}

fn unfold(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut plain = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(UNFOLDED + 1).read_to_end(&mut plain);
    read.map_err(|_| "the body is no gzip".to_owned())?;
    if plain.len() as u64 > UNFOLDED {
        return Err(format!("the body unfolds to more than {UNFOLDED} bytes"));
    }
    Ok(plain)
}

fn fold(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory can't fail.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default()
}

/// Reads a form as an object. Form values are text: where the schema asks for a number or a boolean, the text is
/// parsed as one.
fn form(media: &Media, bytes: &[u8]) -> Value {
    let members = form_urlencoded::parse(bytes).map(|(name, text)| {
        let value = spelt(media, &name, &text).unwrap_or_else(|| Value::from(text.as_ref()));
        (name.into_owned(), value)
    });
    Value::Object(members.collect())
}

/// The number or boolean that a text spells, if the schema asks for one in this member.
fn spelt(media: &Media, name: &str, text: &str) -> Option<Value> {
    let wanted = media.schema.as_json().get("properties")?.get(name)?.get("type")?.as_str()?;
    let value: Value = serde_json::from_str(text).ok()?;
    let fits = match wanted {
        "integer" | "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => false,
    };
    fits.then_some(value)
}

fn form_text(members: &Map<String, Value>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs = members.iter().map(|(name, value)| (name.as_str(), text(value)));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::{Leaf, Schema, Shape, ShapeKind};

    fn media(kind: BodyKind) -> Media {
        let properties = json!({"count": {"type": "integer"}, "id": {"type": "string"}, "on": {"type": "boolean"}});
        let schema = json!({"type": "object", "properties": properties});
        let shape = Shape { field: None, tells: false, fill: None, kind: ShapeKind::Leaf(Leaf::default()) };
        let schema = Schema::compile(schema).expect("a schema");
        Media { mime: "*/*".to_owned(), kind, shape, schema, patterns: Vec::new() }
    }

    #[test]
    fn every_kind_of_body_reads_back_as_it_was_written() {
        let value = json!({"id": "a b&c=ü", "count": 7, "on": true});
        for kind in [BodyKind::Json, BodyKind::Form, BodyKind::GzipJson] {
            assert_eq!(read(&media(kind), &write(kind, &value)), Ok(value.clone()), "{kind:?}");
        }
    }

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let value = json!({"id": "12", "count": 12, "x": "a b!"});
        assert_eq!(read(&media(BodyKind::Form), b"id=12&count=12&x=a+b%21"), Ok(value));
        assert_eq!(read(&media(BodyKind::Form), b"count=many"), Ok(json!({"count": "many"})));
    }

    #[test]
    fn what_is_no_gzip_or_unfolds_for_ever_is_refused() {
        assert_eq!(read(&media(BodyKind::GzipJson), b"{}"), Err("the body is no gzip".to_owned()));
        // Exactly the limit, and then one byte more.
        let whole = " ".repeat(4_194_303) + "7";
        assert_eq!(read(&media(BodyKind::GzipJson), &fold(whole.as_bytes())), Ok(json!(7)));
        let bomb = fold((whole + " ").as_bytes());
        let refused = read(&media(BodyKind::GzipJson), &bomb);
        assert_eq!(refused, Err("the body unfolds to more than 4194304 bytes".to_owned()));
    }
}
