//! One delivery attempt, recorded before it is sent and again when the answer arrives.

use schemars::JsonSchema;
use serde::Serialize;
use standin_contracts::contract::WireResponse;
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

/// Makes one delivery attempt at once, independent of the schedule.
pub async fn deliver(sandbox: &Sandbox, vendor: &str, delivery: Delivery) -> Result<Receipt, WebhookError> {
    send(&sandbox.web()?, sandbox, vendor, delivery).await
}

pub(super) async fn send(
    client: &reqwest::Client,
    sandbox: &Sandbox,
    vendor: &str,
    delivery: Delivery,
) -> Result<Receipt, WebhookError> {
    let parcel = sandbox.send_off(vendor, delivery.clone())?;
    // Deliveries that leave at once have all left before the first is answered, however quick the answer.
    tokio::task::yield_now().await;
    let answer = exchange(client, &parcel.url, &parcel.wire).await;
    let reply = sandbox.record_receipt(vendor, &delivery, &parcel, answer.as_ref())?;
    let status = answer.as_ref().ok().map(|answer| answer.status);
    Ok(Receipt { status, reply, failure: answer.err().map(|missed| missed.why) })
}

/// A client that follows no redirects and uses no proxy. Each request has a connection of its own: an idle connection
/// could block a single-threaded receiver for all others.
pub(crate) fn client() -> Result<reqwest::Client, WebhookError> {
    let builder = || {
        let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        builder.pool_max_idle_per_host(0).timeout(TIMEOUT)
    };
    // If the system has no certificates, as in an empty container, plain HTTP must still work.
    let made = builder().build().or_else(|_| builder().tls_certs_only([]).build());
    made.map_err(|error| WebhookError::NoClient(error.to_string()))
}

async fn exchange(
    client: &reqwest::Client,
    url: &str,
    wire: &standin_contracts::contract::WireRequest,
) -> Result<WireResponse, Missed> {
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
        return format!("no answer came within {} seconds", TIMEOUT.as_secs());
    }
    let error = error.without_url();
    let deepest = std::iter::successors(std::error::Error::source(&error), |error| error.source()).last();
    deepest.map_or_else(|| error.to_string(), ToString::to_string)
}
