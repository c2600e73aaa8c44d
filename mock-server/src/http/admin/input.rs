//! Reads the input of the admin API, so that an error message says where the mistake is.

use axum::body::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::refusal::Refusal;

/// 2 to the power of 64: the first number that is too large.
const TOO_LARGE: f64 = 18_446_744_073_709_551_616.0;

/// Reads a JSON body. An empty body counts as an empty object.
pub(super) fn json<T: DeserializeOwned>(body: Bytes) -> Result<T, Refusal> {
    let bytes: &[u8] = if body.trim_ascii().is_empty() { b"{}" } else { &body };
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Refusal::bad_request(&format!("the body is no JSON that can be read: {error}")))?;
    // serde would read an array of the members' values as the object.
    if !value.is_object() {
        return Err(Refusal::bad_request("the body is not what is taken here: send a JSON object"));
    }
    serde_path_to_error::deserialize(with_whole_numbers(value)).map_err(|error| {
        let place = error.path().to_string();
        let inner = error.into_inner();
        if place == "." {
            Refusal::bad_request(&format!("the body is not what is taken here: {inner}"))
        } else {
            Refusal::bad_request(&format!("`{place}` is not what is taken here: {inner}"))
        }
    })
}

/// JSON has one kind of number. `3.0` is as whole as `3`, and some clients write it so.
fn with_whole_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && (0.0..TOO_LARGE).contains(&float) => {
                Value::from(float as u64)
            }
            _ => Value::Number(number),
        },
        Value::Array(items) => items.into_iter().map(with_whole_numbers).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, member)| (name, with_whole_numbers(member))).collect()
        }
        other => other,
    }
}
