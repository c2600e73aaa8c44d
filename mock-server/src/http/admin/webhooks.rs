//! A vendor's webhooks: who receives them, what is delivered, and how the receiver stands to it.

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

/// More messages than this aren't made by one call.
const MOST: u32 = 1000;
/// The app that receivers are for unless told otherwise.
const APP_ID: &str = "app-1";

/// Where a client backend takes webhooks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiverCommand {
    /// The URL, with its path.
    url: String,
    /// The user that the vendor names; `standin` unless told otherwise.
    #[serde(default)]
    username: Option<String>,
    /// Its password; `standin-webhook-password` unless told otherwise.
    #[serde(default)]
    password: Option<String>,
    /// The app whose id the receiver answers with; `app-1` unless told otherwise.
    #[serde(default)]
    app_id: Option<String>,
}

/// A receiver, without its password.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ReceiverView {
    /// The URL.
    url: String,
    /// The app that it is for.
    app_id: String,
}

/// Messages to deliver.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MessagesCommand {
    /// Whom they are about: the client company's id of a user that the vendor knows, or any other text.
    user: String,
    /// Their types, in order; all that the vendor has unless told otherwise.
    #[serde(default)]
    types: Option<Vec<String>>,
    /// How many, at most 1000: the types are gone through again and again. One of each type unless told otherwise.
    #[serde(default)]
    count: Option<u32>,
    /// What goes wrong with them on the way.
    #[serde(default)]
    delivery_fault: Option<DeliveryFault>,
}

/// One attempt, made at once.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TryCommand {
    /// What to show; `valid` unless told otherwise.
    #[serde(default)]
    credentials: Option<Credentials>,
}

/// What waits.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Pending {
    /// The batches, in the order in which they were queued.
    batches: Vec<Batch>,
    /// How long until the next leaves, if one waits.
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
    // Asked for the sake of its refusals: whether there is such a vendor, and a webhook.
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
