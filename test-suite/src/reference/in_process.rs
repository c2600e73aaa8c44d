//! The reference backend on a network inside this program: each request is a task of its own, which ends with the
//! backend or with its client.

use axum::Router;
use axum::body::{Body, to_bytes};
use futures::future::BoxFuture;
use parking_lot::Mutex;
use standin_contracts::contract::{WireRequest, WireResponse};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};
use tower::ServiceExt;

use crate::network::Host;

pub(super) struct InProcess {
    routes: Router,
    requests: Mutex<JoinSet<()>>,
}

/// A client that waits for its answer. When it hangs up, its request ends.
struct Client(AbortHandle);

impl Drop for Client {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl InProcess {
    pub(super) fn new(routes: Router) -> Self {
        Self { routes, requests: Mutex::default() }
    }

    /// Ends all requests, as they do with a process.
    pub(super) fn end(&self) {
        self.requests.lock().abort_all();
    }
}

impl Host for InProcess {
    fn answer(&self, request: WireRequest) -> BoxFuture<'static, Option<WireResponse>> {
        let (sender, answer) = oneshot::channel();
        let routes = self.routes.clone();
        let mut requests = self.requests.lock();
        while requests.try_join_next().is_some() {}
        let task = requests.spawn(async move {
            // The client may have hung up.
            let _ = sender.send(respond(routes, request).await);
        });
        let client = Client(task);
        Box::pin(async move {
            let _client = client;
            answer.await.ok().flatten()
        })
    }
}

/// The answer of the routes. None for what is no HTTP.
async fn respond(routes: Router, wire: WireRequest) -> Option<WireResponse> {
    let mut request = http::Request::builder().method(wire.method.as_str()).uri(&wire.target);
    for (name, value) in &wire.headers {
        request = request.header(name, value);
    }
    let Ok(response) = routes.oneshot(request.body(Body::from(wire.body)).ok()?).await;
    let (parts, body) = response.into_parts();
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let body = to_bytes(body, usize::MAX).await.ok()?.to_vec();
    Some(WireResponse { status: parts.status.as_u16(), headers, body })
}
