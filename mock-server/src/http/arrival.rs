//! Reads a request: its head as lines, and its body up to the limit. A request that is never complete is recorded too.

use std::sync::Arc;

use http::request::Parts;
use hyper::body::Incoming;
use standin_contracts::contract::WireRequest;

use super::App;
use super::incoming::{self, Flaw};

/// A request, complete or as far as it was read.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) wire: WireRequest,
    /// The flaw of the body, if any.
    pub(super) flaw: Option<Flaw>,
}

/// Records a request that is dropped while it is being read.
struct Reading<'a> {
    app: &'a Arc<App>,
    wire: Option<WireRequest>,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if let Some(wire) = self.wire.take() {
            super::vendor::broken_off(self.app, wire);
        }
    }
}

/// Reads a request. None if the client disconnected, which is then recorded.
pub(super) async fn read(app: &Arc<App>, head: Parts, body: Incoming) -> Option<Arrived> {
    let mut reading = Reading { app, wire: Some(lines(&head)) };
    // The head keeps the connection's buffer alive. Without it, the buffer can be reused.
    drop(head);
    let flaw = incoming::fill(&mut reading.wire.as_mut()?.body, body, &app.limits).await.err();
    if flaw == Some(Flaw::Broken) {
        return None;
    }
    Some(Arrived { wire: reading.wire.take()?, flaw })
}

/// The head as lines. Bytes that are not UTF-8 are replaced, not refused, since they are evidence.
fn lines(head: &Parts) -> WireRequest {
    let headers = head.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    WireRequest {
        method: head.method.as_str().to_owned(),
        target: head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        headers: headers.collect(),
        body: Vec::new(),
    }
}
