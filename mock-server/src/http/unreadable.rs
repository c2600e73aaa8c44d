//! Answers to requests that can't be read as HTTP. hyper's own answers say neither the reason nor that this is a mock.
//! They are recognised when hyper writes them, and replaced by these.

use std::fmt::Write;
use std::sync::atomic::Ordering;

use super::{App, request_address};

/// The text that follows the status line of an answer that hyper made itself, up to its end.
const BARE: &[u8] = b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// The status of an answer that hyper made itself. None if the answer is one of the mock's.
pub(super) fn status_of_bare(written: &[u8]) -> Option<u16> {
    let line = written.strip_suffix(BARE)?.strip_prefix(b"HTTP/1.1 ")?;
    let status = std::str::from_utf8(line.get(..3)?).ok()?.parse().ok()?;
    (!line.contains(&b'\n')).then_some(status)
}

/// The whole answer in bytes. The request is counted and logged, since no sandbox can record it.
pub(super) fn answer(app: &App, status: u16) -> Vec<u8> {
    let (title, detail) = words(app, status);
    app.unreadable.fetch_add(1, Ordering::Relaxed);
    tracing::info!(status, detail, "a request could not be read");
    let mut wire = request_address::expecting(status, title, &detail, &[]);
    crate::sandbox::add_standard_headers(&mut wire, app.sandboxes.default.now(), None);
    let mut head = format!("HTTP/1.1 {status} {title}\r\n");
    for (name, value) in &wire.headers {
        // Writing to a string can't fail.
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let _ = write!(head, "connection: close\r\ncontent-length: {}\r\n\r\n", wire.body.len());
    let mut bytes = head.into_bytes();
    bytes.extend(wire.body);
    bytes
}

fn words(app: &App, status: u16) -> (&'static str, String) {
    match status {
        408 => ("request timeout", format!("the head of the request was not there within {:?}", app.limits.head_time)),
        414 => ("uri too long", "path and query may have 65534 bytes together".to_owned()),
        431 => (
            "request header fields too large",
            format!("a head may have 100 header fields and {} bytes", app.limits.head),
        ),
        _ => (
            "bad request",
            "this is no request in HTTP/1.1: its first line, a header field or its length can't be read".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::status_of_bare;

    #[test]
    fn only_an_answer_of_the_library_is_bare() {
        let bare = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(status_of_bare(bare), Some(400));
        let ours = b"HTTP/1.1 204 No Content\r\nstandin-mock: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(status_of_bare(ours), None);
        assert_eq!(status_of_bare(&bare[1..]), None);
        assert_eq!(status_of_bare(b""), None);
    }
}
