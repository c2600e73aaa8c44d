//! Sandboxes: made, listed, reset and deleted.

use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::input;
use super::refusal::Refusal;
use super::{Named, Server};
use crate::http::App;
use crate::sandbox::{NewSandbox, Sandbox, VendorSetup};

/// A sandbox, and all that a client needs to use it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SandboxView {
    /// Its name.
    name: String,
    /// The seed of everything it draws.
    seed: u64,
    /// Its vendors.
    vendors: Vec<VendorView>,
}

/// A vendor of a sandbox.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct VendorView {
    /// The vendor.
    vendor: String,
    /// The base URL that leads to this sandbox whatever a request carries.
    url: String,
    /// The keys of client backends.
    server_keys: Vec<String>,
    /// The keys inside apps.
    client_keys: Vec<String>,
}

pub(super) async fn list(Server(app): Server) -> Json<Vec<SandboxView>> {
    Json(app.sandboxes.all().iter().map(|sandbox| view(&app, sandbox)).collect())
}

pub(super) async fn make(Server(app): Server, body: Bytes) -> Result<(StatusCode, Json<SandboxView>), Refusal> {
    let asked: NewSandbox = input::json(body)?;
    let sandbox = app.sandboxes.make(asked)?;
    Ok((StatusCode::CREATED, Json(view(&app, &sandbox))))
}

pub(super) async fn show(Server(app): Server, Named(sandbox): Named) -> Json<SandboxView> {
    Json(view(&app, &sandbox))
}

pub(super) async fn remove(Server(app): Server, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    app.sandboxes.delete(&name)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn reset(Named(sandbox): Named) -> StatusCode {
    sandbox.reset();
    StatusCode::NO_CONTENT
}

fn view(app: &App, sandbox: &Sandbox) -> SandboxView {
    let base = format!("{}/s/{}", app.url, sandbox.name());
    let vendors = sandbox.vendors().iter().map(|vendor| vendor_view(&base, vendor)).collect();
    SandboxView { name: sandbox.name().to_owned(), seed: sandbox.seed(), vendors }
}

fn vendor_view(base: &str, vendor: &VendorSetup) -> VendorView {
    VendorView {
        vendor: vendor.name().to_owned(),
        url: format!("{base}/{}", vendor.name()),
        server_keys: vendor.keys.server.iter().map(|key| key.value.clone()).collect(),
        client_keys: vendor.keys.client.iter().map(|key| key.value.clone()).collect(),
    }
}
