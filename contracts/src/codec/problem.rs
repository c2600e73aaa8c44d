//! Problem documents (RFC 9457), for replies that a contract does not describe.

use serde_json::json;

use crate::contract::WireResponse;

const MIME: &str = "application/problem+json";

/// Whether a media type is that of problem documents.
pub(super) fn is_problem(mime: &str) -> bool {
    mime.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(MIME)
}

/// An `application/problem+json` response. `detail` says what was expected.
pub fn problem(status: u16, title: &str, detail: &str) -> WireResponse {
    let body = json!({"type": "about:blank", "title": title, "status": status, "detail": detail});
    WireResponse {
        status,
        headers: vec![("content-type".to_owned(), MIME.to_owned())],
        body: body.to_string().into_bytes(),
    }
}
