//! Health, readiness and version of the server.

use std::sync::atomic::Ordering;

use axum::Json;
use schemars::JsonSchema;
use serde::Serialize;

use super::Server;

/// The health of the server, with counts of requests that it could not assign or read.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Health {
    /// Always `ok`.
    status: &'static str,
    /// The server's version.
    version: &'static str,
    /// The names of the vendors that are served.
    vendors: Vec<String>,
    /// The number of sandboxes.
    sandboxes: usize,
    /// The number of requests that the default sandbox served although they named no sandbox and carried no key or
    /// token of it.
    unclaimed: u64,
    /// The number of requests that could not be read as HTTP. They are in no history.
    unreadable: u64,
}

/// The readiness of the server.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Ready {
    /// Always true: a server that is not ready does not answer.
    ready: bool,
}

/// The server's name and version.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Version {
    /// Always `standin`.
    name: &'static str,
    /// The server's version.
    version: &'static str,
}

pub(super) async fn health(Server(app): Server) -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        vendors: app.contracts.iter().map(|contract| contract.vendor.clone()).collect(),
        sandboxes: app.sandboxes.all().len(),
        unclaimed: app.sandboxes.default.unclaimed(),
        unreadable: app.unreadable.load(Ordering::Relaxed),
    })
}

pub(super) async fn ready() -> Json<Ready> {
    Json(Ready { ready: true })
}

pub(super) async fn version() -> Json<Version> {
    Json(Version { name: "standin", version: env!("CARGO_PKG_VERSION") })
}
