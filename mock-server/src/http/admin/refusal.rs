//! The admin API's refusals: problem documents that say what would be right.

use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, Uri};

use super::table::ROUTES;
use crate::fault::FaultError;
use crate::http::{ADMIN, request_address};
use crate::sandbox::{SandboxError, VendorError, WebhookError};

/// A refused call to the admin API.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    detail: String,
    expected: Vec<String>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, detail: &str) -> Self {
        Self { status, detail: detail.to_owned(), expected: Vec::new() }
    }

    pub(super) fn bad_request(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn stopping() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping")
    }
}

impl From<SandboxError> for Refusal {
    fn from(error: SandboxError) -> Self {
        let status = match error {
            SandboxError::BadName(_) | SandboxError::UnknownVendor { .. } | SandboxError::Fact(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            SandboxError::Unknown { .. } => StatusCode::NOT_FOUND,
            SandboxError::Exists(_) | SandboxError::Default | SandboxError::TooMany => StatusCode::CONFLICT,
        };
        Self::new(status, &error.to_string())
    }
}

impl From<FaultError> for Refusal {
    fn from(error: FaultError) -> Self {
        let status = match error {
            FaultError::UnknownFault { .. } => StatusCode::NOT_FOUND,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, &error.to_string())
    }
}

impl From<VendorError> for Refusal {
    fn from(error: VendorError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string())
    }
}

impl From<WebhookError> for Refusal {
    fn from(error: WebhookError) -> Self {
        let status = match error {
            WebhookError::NoReceiver(_) => StatusCode::NOT_FOUND,
            WebhookError::Full(_) => StatusCode::CONFLICT,
            WebhookError::NoClient(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, &error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("refused").to_ascii_lowercase();
        let wire = request_address::expecting(self.status.as_u16(), &title, &self.detail, &self.expected);
        (self.status, [("content-type", "application/problem+json")], wire.body).into_response()
    }
}

/// Answers a path that the API does not have.
pub(super) async fn unknown_path(method: Method, uri: Uri) -> Refusal {
    let lines = ROUTES.iter().map(|route| format!("{} {ADMIN}{}", route.method, route.path)).collect();
    let detail = format!("the admin API has no {method} {}", uri.path());
    Refusal { status: StatusCode::NOT_FOUND, detail, expected: lines }
}

/// Answers a method that the path does not have.
pub(super) async fn wrong_method(method: Method, uri: Uri) -> Refusal {
    let detail = format!("{} doesn't take {method}; the Allow header says what it takes", uri.path());
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, &detail)
}
