//! The admin API: tests and tools create sandboxes, change clocks, set faults and read histories.

mod clock;
mod contracts;
mod faults;
mod history;
mod input;
mod installs;
mod keys;
mod openapi;
mod overview;
mod refusal;
mod sandboxes;
mod table;
mod webhooks;

use std::sync::{Arc, Weak};

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path};
use http::request::Parts;

use super::{ADMIN, App};
use crate::sandbox::Sandbox;
pub use openapi::openapi;
use refusal::Refusal;
use table::ROUTES;

/// The server behind the API.
struct Server(Arc<App>);

impl FromRequestParts<Weak<App>> for Server {
    type Rejection = Refusal;

    async fn from_request_parts(_: &mut Parts, app: &Weak<App>) -> Result<Self, Refusal> {
        app.upgrade().map(Self).ok_or_else(Refusal::stopping)
    }
}

/// The sandbox that the path names.
struct Named(Sandbox);

impl FromRequestParts<Weak<App>> for Named {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &Weak<App>) -> Result<Self, Refusal> {
        let Server(app) = Server::from_request_parts(parts, state).await?;
        let path = Path::<std::collections::BTreeMap<String, String>>::from_request_parts(parts, state).await;
        let Path(path) = path.map_err(|error| Refusal::bad_request(&error.body_text()))?;
        let name = path.get("name").map(String::as_str).unwrap_or_default();
        Ok(Self(app.sandboxes.get(name)?))
    }
}

/// The router, built from the table of routes.
pub(super) fn router(app: Weak<App>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        router = router.route(&format!("{ADMIN}{}", route.path), (route.handler)());
    }
    // The body has already been read, up to the server's own limit.
    let router = router.layer(DefaultBodyLimit::disable());
    router.fallback(refusal::unknown_path).method_not_allowed_fallback(refusal::wrong_method).with_state(app)
}
