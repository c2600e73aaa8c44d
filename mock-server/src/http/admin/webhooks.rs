//! A vendor's webhooks: the receiver, the messages to deliver, and checks of the receiver.

use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::history::{Credentials, Delivered, Delivery};
use standin_contracts::protocol::Millis;

use super::Named;
use super::input;
use super::refusal::Refusal;
use crate::outbox::{Batch, DeliveryFault};
use crate::sandbox::{NewMessages, Receiver, Sandbox};
use crate::webhook_dispatcher::{Receipt, deliver};

/// The most messages that one call creates.
const MOST: u32 = 1000;
/// The default app of a receiver.
const APP_ID: &str = "app-1";

/// The webhook receiver of a client backend, and the credentials that the vendor submits to it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiverCommand {
    /// The receiver's URL, with its path.
    url: String,
    /// The username that the vendor submits. Default: `standin`.
    #[serde(default)]
    username: Option<String>,
    /// The password that the vendor submits. Default: `standin-webhook-password`.
    #[serde(default)]
    password: Option<String>,
    /// The id of the app that the receiver belongs to, which it answers a probe with. Default: `app-1`.
    #[serde(default)]
    app_id: Option<String>,
}

/// A webhook receiver, without its password.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ReceiverView {
    /// The receiver's URL.
    url: String,
    /// The id of the app that the receiver belongs to.
    app_id: String,
}

/// Messages to create and queue.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MessagesCommand {
    /// The user of the messages: the client company's external id of a user that the vendor knows, or any other text.
    user: String,
    /// The message types, in this order. Default: all types that the vendor has.
    #[serde(default)]
    types: Option<Vec<String>>,
    /// The number of messages, at most 1000. The types are repeated as often as needed. Default: one message of each
    /// type.
    #[serde(default)]
    count: Option<u32>,
    /// The delivery fault for these messages. Default: none.
    #[serde(default)]
    delivery_fault: Option<DeliveryFault>,
}

/// One immediate delivery attempt.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TryCommand {
    /// The credentials to submit. Default: `valid`.
    #[serde(default)]
    credentials: Option<Credentials>,
}

/// The messages that wait for delivery or are being delivered.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Pending {
    /// The batches, in the order in which they were queued.
    batches: Vec<Batch>,
    /// The sandbox time until the next batch is sent. None: no batch waits.
    next_in: Option<Millis>,
}

type Both = Path<(String, String)>;

pub(super) async fn register(
    Named(sandbox): Named,
    Path((_, vendor)): Both,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    let asked: ReceiverCommand = input::json(body)?;
    let user = asked.username.as_deref().unwrap_or(crate::sandbox::WEBHOOK_USER);
    let password = asked.password.as_deref().unwrap_or(crate::sandbox::WEBHOOK_PASSWORD);
    let app_id = asked.app_id.unwrap_or_else(|| APP_ID.to_owned());
    let receiver = Receiver { url: asked.url, key: format!("{user}:{password}"), app_id };
    sandbox.register_receiver(&vendor, receiver)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn show(Named(sandbox): Named, Path((_, vendor)): Both) -> Result<Json<ReceiverView>, Refusal> {
    let Receiver { url, app_id, .. } = sandbox.receiver(&vendor)?;
    Ok(Json(ReceiverView { url, app_id }))
}

pub(super) async fn remove(Named(sandbox): Named, Path((_, vendor)): Both) -> Result<StatusCode, Refusal> {
    sandbox.remove_receiver(&vendor)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn queue(
    Named(sandbox): Named,
    Path((_, vendor)): Both,
    body: Bytes,
) -> Result<(StatusCode, Json<Vec<Delivered>>), Refusal> {
    let asked: MessagesCommand = input::json(body)?;
    let types = asked.types.map_or_else(|| types_of(&sandbox, &vendor), Ok)?;
    let count = asked.count.map_or(types.len(), |count| count.min(MOST) as usize);
    let kinds: Vec<String> = types.iter().cycle().take(count).cloned().collect();
    let new = NewMessages { user: &asked.user, label: &asked.user, kinds: &kinds, at: None };
    let messages = sandbox.make_messages(&vendor, &new)?;
    sandbox.queue(&vendor, messages.clone(), asked.delivery_fault)?;
    Ok((StatusCode::ACCEPTED, Json(messages)))
}

fn types_of(sandbox: &Sandbox, vendor: &str) -> Result<Vec<String>, Refusal> {
    // Called for its errors only: it fails if the vendor is not served, or delivers no webhooks.
    sandbox.pending(vendor)?;
    let contract = sandbox.vendors().iter().find(|known| known.name() == vendor).map(|known| &known.contract);
    Ok(contract.map(|contract| contract.message_types()).unwrap_or_default())
}

pub(super) async fn pending(Named(sandbox): Named, Path((_, vendor)): Both) -> Result<Json<Pending>, Refusal> {
    let batches = sandbox.pending(&vendor)?;
    let due = batches.iter().filter(|batch| !batch.on_its_way).map(|batch| batch.due).min();
    let next_in = due.map(|due| due.since(sandbox.now()));
    Ok(Json(Pending { batches, next_in }))
}

pub(super) async fn forget(Named(sandbox): Named, Path((_, vendor)): Both) -> Result<StatusCode, Refusal> {
    sandbox.forget_pending(&vendor)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn probe(
    Named(sandbox): Named,
    Path((_, vendor)): Both,
    body: Bytes,
) -> Result<Json<Receipt>, Refusal> {
    let asked: TryCommand = input::json(body)?;
    let credentials = asked.credentials.unwrap_or(Credentials::Valid);
    let app_id = Some(sandbox.receiver(&vendor)?.app_id);
    let delivery = Delivery { credentials, test: false, app_id, messages: Vec::new() };
    Ok(Json(deliver(&sandbox, &vendor, delivery).await?))
}

pub(super) async fn test(
    Named(sandbox): Named,
    Path((_, vendor)): Both,
    body: Bytes,
) -> Result<Json<Receipt>, Refusal> {
    let asked: TryCommand = input::json(body)?;
    let credentials = asked.credentials.unwrap_or(Credentials::Valid);
    sandbox.receiver(&vendor)?;
    let kinds: Vec<String> = types_of(&sandbox, &vendor)?.into_iter().take(1).collect();
    let new = NewMessages { user: "test-user", label: "test-user", kinds: &kinds, at: None };
    let messages = sandbox.make_messages(&vendor, &new)?;
    Ok(Json(deliver(&sandbox, &vendor, Delivery { credentials, test: true, app_id: None, messages }).await?))
}
