//! Installs: disabled by an operator.

use axum::body::Bytes;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Named;
use super::input;
use super::refusal::Refusal;

/// A change of an install's state.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InstallCommand {
    /// The vendor that the install belongs to.
    vendor: String,
    /// The install's id.
    install: String,
    /// The new state.
    state: InstallState,
}

/// The state that an operator gives to an install. An install becomes valid again when it creates its user.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum InstallState {
    /// The install's sessions are ended, and it can't be linked.
    Disabled,
}

pub(super) async fn change(Named(sandbox): Named, body: Bytes) -> Result<StatusCode, Refusal> {
    let asked: InstallCommand = input::json(body)?;
    match asked.state {
        InstallState::Disabled => sandbox.disable_install(&asked.vendor, &asked.install)?,
    }
    Ok(StatusCode::NO_CONTENT)
}
