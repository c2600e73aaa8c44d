//! The contracts that are served, in their original text.

use axum::extract::Path;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::Server;
use super::refusal::Refusal;

/// The media type of YAML (RFC 9512).
pub(super) const YAML: &str = "application/yaml";

pub(super) async fn show(
    Server(app): Server,
    Path(vendor): Path<String>,
) -> Result<([(http::HeaderName, &'static str); 1], String), Refusal> {
    let found = app.contracts.iter().find(|contract| contract.vendor == vendor);
    let contract = found.ok_or_else(|| {
        let known: Vec<&str> = app.contracts.iter().map(|contract| contract.vendor.as_str()).collect();
        let detail = format!("no vendor `{vendor}` is served here; there is: {}", known.join(", "));
        Refusal::new(StatusCode::NOT_FOUND, &detail)
    })?;
    Ok(([(CONTENT_TYPE, YAML)], contract.document.to_string()))
}
