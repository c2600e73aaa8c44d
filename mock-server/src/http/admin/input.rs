//! Reading what is sent to the admin API, so that a mistake is told with its place.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use serde::de::DeserializeOwned;

use super::refusal::Refusal;

/// A body, or why it could not be read.
pub(super) type Body = Result<Bytes, BytesRejection>;

/// Reads a JSON body. None at all stands for an empty object.
pub(super) fn json<T: DeserializeOwned>(body: Body) -> Result<T, Refusal> {
    let bytes = body.map_err(|error| Refusal::new(error.status(), &error.body_text()))?;
    let bytes: &[u8] = if bytes.trim_ascii().is_empty() { b"{}" } else { &bytes };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let place = error.path().to_string();
        let inner = error.into_inner();
        if place == "." {
            Refusal::bad_request(&format!("the body is not what is taken here: {inner}"))
        } else {
            Refusal::bad_request(&format!("`{place}` is not what is taken here: {inner}"))
        }
    })?;
    reader.end().map_err(|error| Refusal::bad_request(&format!("the body goes on after its JSON: {error}")))?;
    Ok(value)
}
