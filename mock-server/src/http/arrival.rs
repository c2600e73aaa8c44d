//! Reading a request: its head as lines, its body up to the limit, and a record of it even if it never comes whole.

use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use standin_contracts::contract::WireRequest;

use super::App;

/// A body that is over the limit is read on to this many times the limit, so that its sender can hear the refusal.
const PATIENCE: usize = 16;
/// How long a body may take.
const LONGEST: Duration = Duration::from_secs(30);

/// A request as it came, whole or as far as it is read.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) wire: WireRequest,
    /// The limit, if the body is over it.
    pub(super) too_large: Option<usize>,
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

/// Reads a request; nothing if its body never came whole, which is then recorded.
pub(super) async fn read(app: &Arc<App>, head: Parts, body: Incoming) -> Option<Arrived> {
    let mut reading = Reading { app, wire: Some(lines(&head)) };
    // The head holds on to the connection's buffer, which can be used again without it.
    drop(head);
    let whole = tokio::time::timeout(LONGEST, read_body(&mut reading, body, app.body_limit)).await.ok().flatten()?;
    let mut wire = reading.wire.take()?;
    let too_large = (whole > app.body_limit).then_some(app.body_limit);
    wire.body.truncate(app.body_limit);
    Some(Arrived { wire, too_large })
}

/// How many bytes came; nothing if the body broke off.
async fn read_body(reading: &mut Reading<'_>, mut body: Incoming, limit: usize) -> Option<usize> {
    let wire = reading.wire.as_mut()?;
    let mut count = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        count += data.len();
        if wire.body.len() <= limit {
            wire.body.extend_from_slice(&data);
        }
        if count > limit.saturating_mul(PATIENCE) {
            break;
        }
    }
    Some(count)
}

/// The head as lines. Bytes that are no UTF-8 are replaced: they are evidence all the same.
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
