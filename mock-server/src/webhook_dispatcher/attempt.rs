//! One delivery attempt, recorded before it is sent and again when the answer arrives.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
use standin_contracts::contract::{WireRequest, WireResponse};
use standin_contracts::history::Delivery;
use standin_contracts::protocol::ReplyName;

use super::TIMEOUT;
use crate::sandbox::{Missed, Sandbox, WebhookError};

/// The most bytes of a receiver's answer that are read. The rest is ignored.
const LARGEST_ANSWER: usize = 64 * 1024;

/// The result of one delivery attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Receipt {
    /// The status of the receiver's answer. None if no answer came.
    pub status: Option<u16>,
    /// The reply that the answer stands for in the contract, if the contract defines one.
    pub reply: Option<ReplyName>,
    /// The reason why no answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl Receipt {
    /// Whether the receiver accepted the messages.
    pub fn is_taken(&self) -> bool {
        self.reply == Some(ReplyName::MessageKept)
    }
}

/// What carries messages to receivers in place of a network.
pub trait ReceiverLine: fmt::Debug + Send + Sync {
    /// Sends a message to the receiver at a URL, with the message's own target behind it. None if nobody answers.
    fn send(&self, url: &str, message: WireRequest) -> BoxFuture<'static, Option<WireResponse>>;
}

/// The way from a sandbox to its receivers.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    Http(reqwest::Client),
    Line(Arc<dyn ReceiverLine>),
}

impl Way {
    /// A client that follows no redirects and uses no proxy. Each request has a connection of its own: an idle
    /// connection could block a single-threaded receiver for all others.
    pub(crate) fn http() -> Result<Self, WebhookError> {
        let builder = || {
            let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
            builder.pool_max_idle_per_host(0).timeout(TIMEOUT)
        };
        // If the system has no certificates, as in an empty container, plain HTTP must still work.
        let made = builder().build().or_else(|_| builder().tls_certs_only([]).build());
        made.map(Self::Http).map_err(|error| WebhookError::NoClient(error.to_string()))
    }

    async fn send(&self, url: &str, message: &WireRequest) -> Result<WireResponse, Missed> {
        match self {
            Self::Http(client) => over_http(client, url, message).await,
            Self::Line(line) => match tokio::time::timeout(TIMEOUT, line.send(url, message.clone())).await {
                Ok(Some(answer)) => Ok(answer),
                Ok(None) => Err(Missed { why: "the line broke".to_owned(), unreached: false }),
                Err(_) => Err(Missed { why: too_late(), unreached: false }),
            },
        }
    }
}

/// Makes one delivery attempt at once, independent of the schedule.
pub async fn deliver(sandbox: &Sandbox, vendor: &str, delivery: Delivery) -> Result<Receipt, WebhookError> {
    send(&sandbox.way_to_receivers()?, sandbox, vendor, delivery).await
}

pub(super) async fn send(
    way: &Way,
    sandbox: &Sandbox,
    vendor: &str,
    delivery: Delivery,
) -> Result<Receipt, WebhookError> {
    let parcel = sandbox.send_off(vendor, delivery.clone())?;
    // Deliveries that leave at once have all left before the first is answered, however quick the answer.
    tokio::task::yield_now().await;
    let answer = way.send(&parcel.url, &parcel.wire).await;
    let reply = sandbox.record_receipt(vendor, &delivery, &parcel, answer.as_ref())?;
    let status = answer.as_ref().ok().map(|answer| answer.status);
    Ok(Receipt { status, reply, failure: answer.err().map(|missed| missed.why) })
}

async fn over_http(client: &reqwest::Client, url: &str, wire: &WireRequest) -> Result<WireResponse, Missed> {
    let method: reqwest::Method =
        wire.method.parse().map_err(|_| Missed { why: "the method is none".to_owned(), unreached: true })?;
    let mut builder = client.request(method, format!("{url}{}", wire.target));
    for (name, value) in &wire.headers {
        builder = builder.header(name, value);
    }
    let mut response = builder.body(wire.body.clone()).send().await.map_err(missed)?;
    let status = response.status().as_u16();
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(missed)? {
        let room = LARGEST_ANSWER - body.len();
        body.extend_from_slice(&part[..part.len().min(room)]);
        if part.len() > room {
            break;
        }
    }
    Ok(WireResponse { status, headers, body })
}

fn missed(error: reqwest::Error) -> Missed {
    Missed { unreached: error.is_connect(), why: why(error) }
}

fn why(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return too_late();
    }
    let error = error.without_url();
    let deepest = std::iter::successors(std::error::Error::source(&error), |error| error.source()).last();
    deepest.map_or_else(|| error.to_string(), ToString::to_string)
}

fn too_late() -> String {
    format!("no answer came within {} seconds", TIMEOUT.as_secs())
}
