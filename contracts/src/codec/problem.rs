//! Problem documents (RFC 9457), for what a contract has no words for.

use serde_json::json;

use crate::contract::WireResponse;

const MIME: &str = "application/problem+json";

/// True for the media type of problem documents.
pub(super) fn is_problem(mime: &str) -> bool {
    mime.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(MIME)
}

/// An `application/problem+json` answer. `detail` says what was expected.
pub fn problem(status: u16, title: &str, detail: &str) -> WireResponse {
    let body = json!({"type": "about:blank", "title": title, "status": status, "detail": detail});
    WireResponse {
        status,
        headers: vec![("content-type".to_owned(), MIME.to_owned())],
        body: body.to_string().into_bytes(),
    }
}
