//! Sandboxes: created, listed, reset and deleted.

use std::sync::Weak;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, Path};
use http::StatusCode;
use http::header::HOST;
use http::request::Parts;
use schemars::JsonSchema;
use serde::Serialize;

use super::input;
use super::refusal::Refusal;
use super::{Named, Server};
use crate::http::App;
use crate::sandbox::{NewSandbox, Sandbox, VendorSetup};

/// The longest host, in bytes: a domain name and a port. A longer one would be repeated for each vendor.
const LONGEST_HOST: usize = 253 + 6;

/// A sandbox, with the URLs and keys that a client needs.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SandboxView {
    /// The sandbox's name.
    name: String,
    /// The seed for all randomness in the sandbox.
    seed: u64,
    /// The vendors that the sandbox serves.
    vendors: Vec<VendorView>,
}

/// A vendor in a sandbox.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct VendorView {
    /// The vendor's name.
    vendor: String,
    /// The base URL. Requests below it belong to this sandbox, even if they carry keys of another.
    url: String,
    /// The keys of client backends.
    server_keys: Vec<String>,
    /// The keys of apps.
    client_keys: Vec<String>,
}

/// The server's URL as the caller wrote it. The caller may use a container's name or a forwarded port.
pub(super) struct ServerUrl(String);

impl FromRequestParts<Weak<App>> for ServerUrl {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &Weak<App>) -> Result<Self, Refusal> {
        let Server(app) = Server::from_request_parts(parts, state).await?;
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.filter(|host| (1..=LONGEST_HOST).contains(&host.len()));
        Ok(Self(host.map_or_else(|| app.url.clone(), |host| format!("http://{host}"))))
    }
}

pub(super) async fn list(Server(app): Server, ServerUrl(url): ServerUrl) -> Json<Vec<SandboxView>> {
    Json(app.sandboxes.all().iter().map(|sandbox| view(&url, sandbox)).collect())
}

pub(super) async fn make(
    Server(app): Server,
    ServerUrl(url): ServerUrl,
    body: Bytes,
) -> Result<(StatusCode, Json<SandboxView>), Refusal> {
    let asked: NewSandbox = input::json(body)?;
    let sandbox = app.sandboxes.make(asked)?;
    Ok((StatusCode::CREATED, Json(view(&url, &sandbox))))
}

pub(super) async fn show(ServerUrl(url): ServerUrl, Named(sandbox): Named) -> Json<SandboxView> {
    Json(view(&url, &sandbox))
}

pub(super) async fn remove(Server(app): Server, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    app.sandboxes.delete(&name)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn reset(Named(sandbox): Named) -> StatusCode {
    sandbox.reset();
    StatusCode::NO_CONTENT
}

fn view(url: &str, sandbox: &Sandbox) -> SandboxView {
    let base = format!("{url}/s/{}", sandbox.name());
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
