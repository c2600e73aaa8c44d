//! Requests and answers as values, with no network between them: the vendor as a function.
//!
//! What a fault does to an answer it does here too, and who stops waiting has gone away. Nothing takes real time, so whoever
//! drives a client over this line has one order of events, the same each time.

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

/// A line to the vendors of one server.
#[derive(Clone)]
pub struct DirectLine {
    app: Arc<App>,
}

impl DirectLine {
    pub(crate) fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    /// Asks as a client does whose base URL is this one; nothing if it isn't the server's, or no whole answer comes.
    pub async fn ask_at(&self, base: &str, request: &WireRequest) -> Option<WireResponse> {
        let below = base.strip_prefix(&self.app.url)?;
        self.ask(WireRequest { target: format!("{below}{}", request.target), ..request.clone() }).await
    }

    /// Asks another origin, to which a redirect led: what arrives there is recorded, and turned away.
    pub fn ask_other_origin(&self, wire: WireRequest) -> WireResponse {
        super::other_origin::turn_away(&self.app, wire)
    }

    /// True if a URL is the server's.
    pub fn leads_to(&self, url: &str) -> bool {
        url.strip_prefix(&self.app.url).is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }

    /// Asks, with path and query as below the server's URL; nothing if no whole answer comes.
    pub async fn ask(&self, mut wire: WireRequest) -> Option<WireResponse> {
        let flaw = (wire.body.len() > self.app.limits.body).then_some(Flaw::TooLarge);
        wire.body.truncate(self.app.limits.body);
        match vendor::answer(&self.app, Arrived { wire, flaw }).await {
            Delivery::Whole(wire, guard) => {
                guard.done();
                Some(wire)
            }
            Delivery::Drip(body) => {
                let control = Arc::new(Control::default());
                let mut drip = drip(body.wire.body, body.every, body.guard, body.release, control);
                while let Some(Ok(_)) = drip.bytes.next().await {}
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
