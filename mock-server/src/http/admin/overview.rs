//! What the server tells of itself.

use std::sync::atomic::Ordering;

use axum::Json;
use schemars::JsonSchema;
use serde::Serialize;

use super::Server;

/// How the server does.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Health {
    /// `ok`.
    status: &'static str,
    /// The server's version.
    version: &'static str,
    /// The vendors that are served.
    vendors: Vec<String>,
    /// How many sandboxes there are.
    sandboxes: usize,
    /// How many requests ended up in the default sandbox though nothing in them belongs there.
    unclaimed: u64,
    /// How many requests could not be read as HTTP, and so stand in no history.
    unreadable: u64,
}

/// That the server serves.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Ready {
    /// Always true.
    ready: bool,
}

/// Name and version.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Version {
    /// `standin`.
    name: &'static str,
    /// The version.
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
