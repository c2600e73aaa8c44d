//! Requests and answers as values, without a network: the vendor as a function.
//!
//! Faults change an answer here as they do over a socket. A caller that drops the future counts as a client that
//! disconnected. Nothing takes real time, so the order of events is the same in every run.

use std::fmt;
use std::sync::Arc;

use futures::StreamExt;
use standin_contracts::contract::{WireRequest, WireResponse};

use super::App;
use super::arrival::Arrived;
use super::drip::drip;
use super::incoming::Flaw;
use super::vendor::{self, Delivery};
use super::wire::Control;

/// An in-process connection to the vendors of one server.
#[derive(Clone)]
pub struct DirectLine {
    app: Arc<App>,
}

impl DirectLine {
    pub(crate) fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    /// Sends a request to a base URL of the server, and calls `heard` with the size of each part of the answer. None if
    /// the base URL is not the server's, or if no complete answer comes.
    pub async fn ask_at(
        &self,
        base: &str,
        request: &WireRequest,
        heard: impl Fn(usize) + Send,
    ) -> Option<WireResponse> {
        let below = base.strip_prefix(&self.app.url)?;
        self.ask(WireRequest { target: format!("{below}{}", request.target), ..request.clone() }, heard).await
    }

    /// Sends a request to another origin, to which a redirect led. The request is recorded, and refused.
    pub fn ask_other_origin(&self, wire: WireRequest) -> WireResponse {
        super::other_origin::turn_away(&self.app, wire)
    }

    /// Whether a URL belongs to this server.
    pub fn leads_to(&self, url: &str) -> bool {
        url.strip_prefix(&self.app.url).is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }

    /// Sends a request whose path and query are relative to the server's URL, and calls `heard` with the size of each
    /// part of the answer. None if no complete answer comes.
    pub async fn ask(&self, mut wire: WireRequest, heard: impl Fn(usize) + Send) -> Option<WireResponse> {
        let flaw = (wire.body.len() > self.app.limits.body).then_some(Flaw::TooLarge);
        wire.body.truncate(self.app.limits.body);
        match vendor::answer(&self.app, Arrived { wire, flaw }).await {
            Delivery::Whole(wire, guard) => {
                guard.done();
                heard(wire.body.len());
                Some(wire)
            }
            Delivery::Drip(body) => {
                let control = Arc::new(Control::default());
                let mut drip = drip(body.wire.body, body.every, body.guard, body.release, control);
                heard(0);
                while let Some(Ok(part)) = drip.bytes.next().await {
                    heard(part.len());
                }
                None
            }
            Delivery::Cut(..) | Delivery::Broken => None,
        }
    }
}

impl fmt::Debug for DirectLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectLine").field("url", &self.app.url).finish_non_exhaustive()
    }
}
