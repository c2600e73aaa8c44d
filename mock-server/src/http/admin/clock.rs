//! A sandbox's clock: read and changed.

use axum::Json;
use axum::body::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::{Millis, Timestamp};

use super::Named;
use super::input;
use super::refusal::Refusal;
use crate::sandbox::Sandbox;

/// The current state of a sandbox's clock.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ClockView {
    /// The current sandbox time.
    now: Timestamp,
    /// Whether the clock runs. If not, it is frozen.
    running: bool,
}

/// A change of a sandbox's clock.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ClockCommand {
    /// Freezes the clock at its current time.
    Freeze {},
    /// Lets the clock run from its current time.
    Run {},
    /// Advances the clock. It stays running or frozen.
    Advance {
        /// The amount of time, such as `30s`.
        by: Millis,
    },
}

pub(super) async fn show(Named(sandbox): Named) -> Json<ClockView> {
    Json(view(&sandbox))
}

pub(super) async fn change(Named(sandbox): Named, body: Bytes) -> Result<Json<ClockView>, Refusal> {
    match input::json(body)? {
        ClockCommand::Freeze {} => sandbox.freeze(),
        ClockCommand::Run {} => sandbox.run(),
        ClockCommand::Advance { by } => sandbox.advance(by),
    }
    Ok(Json(view(&sandbox)))
}

fn view(sandbox: &Sandbox) -> ClockView {
    ClockView { now: sandbox.now(), running: sandbox.is_running() }
}
