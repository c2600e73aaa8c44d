//! Keys: revoked and restored.

use axum::body::Bytes;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Named;
use super::input;
use super::refusal::Refusal;
use crate::engine::KeyState;

/// A change of a key's state.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyCommand {
    /// The vendor that issued the key.
    vendor: String,
    /// The key's label, such as `server_key#1`.
    key: String,
    /// The new state.
    state: KeyState,
}

pub(super) async fn change(Named(sandbox): Named, body: Bytes) -> Result<StatusCode, Refusal> {
    let asked: KeyCommand = input::json(body)?;
    sandbox.set_key_state(&asked.vendor, &asked.key, asked.state)?;
    Ok(StatusCode::NO_CONTENT)
}
