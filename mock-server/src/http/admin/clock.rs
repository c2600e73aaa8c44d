//! A sandbox's clock, read and changed.

use axum::Json;
use axum::body::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::{Millis, Timestamp};

use super::Named;
use super::input;
use super::refusal::Refusal;
use crate::sandbox::Sandbox;

/// A clock as it is now.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ClockView {
    /// Sandbox time.
    now: Timestamp,
    /// True if time passes by itself.
    running: bool,
}

/// A change of a clock.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ClockCommand {
    /// Stop the clock where it is.
    Freeze {},
    /// Let it run on from where it is.
    Run {},
    /// Move it on.
    Advance {
        /// By so much.
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
