//! The HTTP server around the sandboxes: connections, vendor routes and admin routes.

mod admin;
mod answer;
mod arrival;
mod body;
mod browser;
mod direct;
mod drip;
mod incoming;
mod listener;
mod other_origin;
#[cfg(test)]
mod panicking;
mod request_address;
mod unreadable;
mod vendor;
mod wire;

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use futures::FutureExt;
use http::{HeaderName, HeaderValue, Request, Response};
use hyper::body::Incoming;
use standin_contracts::codec::problem;
use standin_contracts::contract::{Contract, Secrets, WireResponse};
use tower::ServiceExt;

pub use admin::openapi;
use body::ReplyBody;
pub use direct::DirectLine;
pub(crate) use listener::{accept, listen, refused};
use wire::Control;

use crate::limits::Limits;
use crate::sandbox::Sandboxes;

/// The path prefix of the admin API.
pub const ADMIN: &str = "/__admin";

#[derive(Debug)]
pub(crate) struct App {
    pub(crate) sandboxes: Sandboxes,
    pub(crate) contracts: Vec<Arc<Contract>>,
    /// The vendors' secrets, in the order of the contracts.
    pub(crate) secrets: Vec<Secrets>,
    pub(crate) limits: Limits,
    /// The number of requests that could not be read as HTTP.
    pub(crate) unreadable: AtomicU64,
    pub(crate) url: String,
    /// The admin API, if it is served.
    pub(crate) admin: Option<axum::Router>,
}

/// The listener of the server that a connection came to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin {
    Vendors,
    /// The listener of the other origin, to which a redirect may lead.
    OtherOrigin,
}

/// An error that ends the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection ends here")]
pub(crate) struct Aborted;

/// The router of the admin API. It refers to the app weakly, since the app owns it.
pub(crate) fn admin_router(app: std::sync::Weak<App>) -> axum::Router {
    admin::router(app)
}

/// Answers one request, even if the handler panics.
async fn handle(
    app: Arc<App>,
    origin: Origin,
    control: Arc<Control>,
    request: Request<Incoming>,
) -> Result<Response<ReplyBody>, Aborted> {
    let answer = AssertUnwindSafe(route(&app, origin, &control, request)).catch_unwind().await;
    answer.unwrap_or_else(|panic| {
        tracing::error!(panic = words_of(panic.as_ref()), "a handler panicked");
        let mut wire = our_fault();
        crate::sandbox::add_standard_headers(&mut wire, app.sandboxes.default.now(), None);
        Ok(answer::whole(&control, wire, None, false))
    })
}

async fn route(
    app: &Arc<App>,
    origin: Origin,
    control: &Arc<Control>,
    request: Request<Incoming>,
) -> Result<Response<ReplyBody>, Aborted> {
    if let Origin::OtherOrigin = origin {
        let (head, body) = request.into_parts();
        return other_origin::serve(app, control, head, body).await;
    }
    let path = request.uri().path();
    let is_admin = path.strip_prefix(ADMIN).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if let Some(admin) = app.admin.as_ref().filter(|_| is_admin) {
        return Ok(administer(app, admin, request).await);
    }
    let (head, body) = request.into_parts();
    answer::serve(app, control, head, body).await
}

async fn administer(app: &App, admin: &axum::Router, request: Request<Incoming>) -> Response<ReplyBody> {
    let (head, body) = request.into_parts();
    let mut bytes = Vec::new();
    let mut response = match incoming::fill(&mut bytes, body, &app.limits).await {
        Ok(()) => {
            let request = Request::from_parts(head, axum::body::Body::from(bytes));
            let answer: Result<Response<axum::body::Body>, Infallible> = admin.clone().oneshot(request).await;
            let Ok(response) = answer;
            response.map(ReplyBody::Admin)
        }
        Err(flaw) => answer::response(flaw.answer(&app.limits), |bytes| ReplyBody::Admin(bytes.into())),
    };
    let version = HeaderValue::from_static(env!("CARGO_PKG_VERSION"));
    response.headers_mut().insert(HeaderName::from_static("standin-mock"), version);
    response
}

/// The answer to a request whose handler panicked.
pub(crate) fn our_fault() -> WireResponse {
    problem(500, "internal error", "the mock failed, not the vendor and not you; its log says why")
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
