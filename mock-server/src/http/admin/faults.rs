//! A sandbox's faults: set, listed, released and cleared.

use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::Named;
use super::input;
use super::refusal::Refusal;
use crate::fault::{FaultId, FaultSpec, FaultState};

/// The number of a fault that was set.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SetFault {
    /// The fault's number in its sandbox, used to release it.
    id: FaultId,
}

pub(super) async fn list(Named(sandbox): Named) -> Json<Vec<FaultState>> {
    Json(sandbox.faults())
}

pub(super) async fn set(Named(sandbox): Named, body: Bytes) -> Result<(StatusCode, Json<SetFault>), Refusal> {
    let spec: FaultSpec = input::json(body)?;
    let id = sandbox.set_fault(spec)?;
    Ok((StatusCode::CREATED, Json(SetFault { id })))
}

pub(super) async fn clear(Named(sandbox): Named) -> StatusCode {
    sandbox.clear_faults();
    StatusCode::NO_CONTENT
}

pub(super) async fn release(
    Named(sandbox): Named,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let number = id.parse().map_err(|_| Refusal::bad_request(&format!("`{id}` is no fault's number, such as 1")))?;
    sandbox.release(FaultId(number))?;
    Ok(StatusCode::NO_CONTENT)
}
