//! The connection to the vendor, with a time limit for each call.

use std::sync::Arc;

use parking_lot::Mutex;
use standin_contracts::contract::{WireRequest, WireResponse};
use standin_contracts::protocol::{Millis, Timestamp};

use super::behaviour::CallTimeout;
use super::clock::{Hearing, VirtualClock};
use crate::network::Network;

/// A connection that follows no redirect.
pub(super) struct Line {
    way: Way,
    url: String,
    clock: Arc<VirtualClock>,
}

enum Way {
    Http(reqwest::Client),
    Network(Network),
}

impl Way {
    async fn exchange(&self, url: &str, request: &WireRequest, heard: impl Fn(usize) + Send) -> Option<WireResponse> {
        match self {
            Self::Http(http) => exchange(http, &format!("{url}{}", request.target), request, heard).await,
            Self::Network(network) => network.send(url, request, heard).await,
        }
    }
}

impl Line {
    pub(super) fn new(url: String, clock: Arc<VirtualClock>, network: Option<&Network>) -> reqwest::Result<Self> {
        if let Some(network) = network {
            return Ok(Self { way: Way::Network(network.clone()), url, clock });
        }
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        // The mock speaks plain HTTP: no certificates are needed.
        let http = http.tls_certs_only([]).build()?;
        Ok(Self { way: Way::Http(http), url, clock })
    }

    /// Calls the vendor. None if no complete answer came in time.
    pub(super) async fn send(&self, request: &WireRequest, timeout: CallTimeout) -> Option<WireResponse> {
        let began = self.clock.now();
        let last_byte = Mutex::new(began);
        let deadline = || match timeout {
            CallTimeout::Whole(span) => began.after(span),
            CallTimeout::EachByte(span) => last_byte.lock().after(span),
        };
        let hearing = Hearing::default();
        let heard = |bytes| {
            *last_byte.lock() = self.clock.now();
            self.clock.heard(&hearing, bytes);
        };
        self.clock.call(&hearing, deadline, self.way.exchange(&self.url, request, heard)).await.flatten()
    }

    pub(super) async fn send_to(&self, url: &str, request: &WireRequest) {
        let request = WireRequest { target: String::new(), ..request.clone() };
        // The answer does not come from the vendor, so it is ignored.
        let _ = self.way.exchange(url, &request, |_| {}).await;
    }
}

/// Sends a request and calls `heard` with the size of each part of the answer. None if no complete answer came.
pub(crate) async fn exchange(
    http: &reqwest::Client,
    url: &str,
    request: &WireRequest,
    heard: impl Fn(usize),
) -> Option<WireResponse> {
    let method: reqwest::Method = request.method.parse().ok()?;
    let mut builder = http.request(method, url);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    if !request.body.is_empty() {
        builder = builder.body(request.body.clone());
    }
    let mut response = builder.send().await.ok()?;
    heard(0);
    let status = response.status().as_u16();
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.ok()? {
        heard(part.len());
        body.extend_from_slice(&part);
    }
    Some(WireResponse { status, headers, body })
}

/// The pause that `Retry-After` asks for, in seconds or as a date. None if it can't be parsed.
pub(super) fn retry_after(response: &WireResponse, now: Timestamp) -> Option<Millis> {
    let value = response.header("retry-after")?.trim();
    match value.parse() {
        Ok(seconds) => Some(Millis::from_secs(seconds)),
        Err(_) => Some(Timestamp::from_http_date(value).ok()?.since(now)),
    }
}
