//! The webhook leg from a vendor to a client backend: receivers, queued messages, and the record of deliveries.

use serde_json::Map;
use standin_contracts::codec::{ClientKeys, EncodeError};
use standin_contracts::contract::{Contract, Operation, Secrets, WireRequest, WireResponse};
use standin_contracts::history::{Credentials, Delivered, Delivery, Fate, FaultChange, Leg, What};
use standin_contracts::protocol::{
    CommandName, Field, FieldValue, Fields, KeyKind, Millis, Reply, ReplyName, Timestamp,
};

use super::garbled;
use super::record::{self, About};
use super::{Sandbox, VendorError};
use crate::outbox::{Batch, DeliveryFault, Full};

/// The webhook receiver of a client backend, with the credentials that it expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// The receiver's URL, with its path.
    pub url: String,
    /// The credentials that the vendor submits, as `user:password`.
    pub key: String,
    /// The id of the app that the receiver belongs to.
    pub app_id: String,
}

/// Messages to create.
#[derive(Debug, Clone)]
pub struct NewMessages<'a> {
    /// The user of the messages: an id that the vendor knows, its own or the client company's, or any other text.
    pub user: &'a str,
    /// The user's label in reports and histories.
    pub label: &'a str,
    /// The types of the messages, one message each.
    pub kinds: &'a [String],
    /// The approximate time of the first message. Each further one is 1 ms later. Default: now.
    pub at: Option<Timestamp>,
}

/// The reason why a message can't be queued or delivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The vendor is not served.
    #[error(transparent)]
    Vendor(#[from] VendorError),
    /// The vendor delivers no webhooks.
    #[error("{0} has no {1}: its contract says nothing of one")]
    NoWebhook(String, CommandName),
    /// The vendor has no receiver.
    #[error("{0} has no receiver yet; register one first")]
    NoReceiver(String),
    /// The vendor has no message of this type.
    #[error("{vendor} has no message of the type `{kind}`; there is: {}", known.join(", "))]
    UnknownType {
        /// The vendor's name.
        vendor: String,
        /// The type that was given.
        kind: String,
        /// The types that exist.
        known: Vec<String>,
    },
    /// The receiver's URL is not valid.
    #[error("`{0}` is no http or https URL")]
    BadUrl(String),
    /// Too many messages wait.
    #[error(transparent)]
    Full(#[from] Full),
    /// The contract can't encode the message.
    #[error("the contract can't put it on the wire: {0}")]
    Unwritable(String),
    /// The HTTP client can't be created.
    #[error("no HTTP client can be made: {0}")]
    NoClient(String),
}

/// Why no answer came to a request that was sent to a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missed {
    pub(crate) why: String,
    /// Whether no connection came about, so that nobody was asked.
    pub(crate) unreached: bool,
}

/// A request that is being sent to a receiver.
pub(crate) struct Parcel {
    pub(crate) exchange: u64,
    pub(crate) epoch: u64,
    pub(crate) url: String,
    pub(crate) wire: WireRequest,
}

impl Sandbox {
    /// Sets or removes the receiver of a vendor's webhooks. Returns the vendor's index.
    pub(crate) fn set_receiver(&self, vendor: &str, receiver: Option<Receiver>) -> Result<usize, WebhookError> {
        let place = self.webhook_place(vendor)?;
        if let Some(receiver) = &receiver {
            self.know(&receiver.key, "partner_key#1");
            if let Some((_, password)) = receiver.key.split_once(':') {
                self.know(password, "partner_key#1");
            }
        }
        self.inner.receivers.lock()[place] = receiver;
        self.inner.posted.send_replace(());
        Ok(place)
    }

    /// The receiver of a vendor's webhooks. Fails if there is none.
    pub fn receiver(&self, vendor: &str) -> Result<Receiver, WebhookError> {
        let place = self.webhook_place(vendor)?;
        let receiver = self.inner.receivers.lock()[place].clone();
        receiver.ok_or_else(|| WebhookError::NoReceiver(vendor.to_owned()))
    }

    fn webhook_place(&self, vendor: &str) -> Result<usize, WebhookError> {
        let place = self.vendor_place(vendor)?;
        if self.inner.contracts[place].has(CommandName::Webhook) {
            return Ok(place);
        }
        Err(WebhookError::NoWebhook(vendor.to_owned(), CommandName::Webhook))
    }

    /// Creates messages as the vendor would, without delivering them.
    pub fn make_messages(&self, vendor: &str, asked: &NewMessages<'_>) -> Result<Vec<Delivered>, WebhookError> {
        let place = self.webhook_place(vendor)?;
        let known = self.inner.contracts[place].message_types();
        if let Some(kind) = asked.kinds.iter().find(|kind| !known.is_empty() && !known.contains(kind)) {
            return Err(WebhookError::UnknownType { vendor: vendor.to_owned(), kind: kind.clone(), known });
        }
        let (name, seed) = (self.name(), self.seed());
        let user_id = self.message_user(vendor, asked.user)?;
        Ok(self.with(|state| {
            let first = asked.at.unwrap_or(state.clock.now());
            let vendor = &mut state.vendors[place];
            let mut made = Vec::new();
            for kind in asked.kinds {
                let (id, nth) = vendor.number_message(asked.label, &[&seed.to_le_bytes(), name.as_bytes()]);
                let (user, user_id, kind) = (asked.label.to_owned(), user_id.clone(), kind.clone());
                // No two messages about a user have the same time: for some vendors, nothing else distinguishes them.
                let at = first.after(Millis::new(nth));
                made.push(Delivered { id, user, user_id, kind, at, nth });
            }
            made
        }))
    }

    /// The id that messages use for a user: the vendor's own id, or the client company's, as the contract says. An
    /// unknown id is used unchanged.
    pub fn message_user(&self, vendor: &str, external_id: &str) -> Result<String, WebhookError> {
        let place = self.webhook_place(vendor)?;
        if self.inner.setup.vendors[place].names_by_external_id() {
            return Ok(external_id.to_owned());
        }
        let state = self.inner.state.lock();
        Ok(state.vendors[place].engine.user_id(external_id).unwrap_or(external_id).to_owned())
    }

    /// Queues messages, to be delivered by the vendor's schedule.
    pub fn queue(
        &self,
        vendor: &str,
        messages: Vec<Delivered>,
        delivery_fault: Option<DeliveryFault>,
    ) -> Result<(), WebhookError> {
        let place = self.webhook_place(vendor)?;
        let weighed = messages.into_iter().map(|message| {
            let bytes = self.body_of(place, &message);
            (message, bytes)
        });
        let weighed: Vec<(Delivered, u64)> = weighed.collect();
        let queued = self.with(|state| {
            let now = state.clock.now();
            if let Some(delivery_fault) = delivery_fault {
                let fault = format!("{} messages: {delivery_fault}", weighed.len());
                state.append(What::Fault(FaultChange { change: "set".to_owned(), fault }));
            }
            state.vendors[place].outbox.queue(now, weighed, delivery_fault)
        });
        self.inner.posted.send_replace(());
        Ok(queued?)
    }

    /// The approximate size of a message in bytes, before compression.
    fn body_of(&self, place: usize, message: &Delivered) -> u64 {
        let contract = &self.inner.contracts[place];
        let media = contract.operation_for(CommandName::Webhook).and_then(|one| one.body.as_ref()?.media.first());
        let shown: usize = media.map_or(0, |media| media.patterns.iter().map(|value| value.to_string().len()).sum());
        let kinds = contract.message_types().len().max(1);
        (shown / kinds + message.id.len() + message.user_id.len()) as u64
    }

    /// The batches that wait or are being delivered.
    pub fn pending(&self, vendor: &str) -> Result<Vec<Batch>, WebhookError> {
        let place = self.webhook_place(vendor)?;
        Ok(self.inner.state.lock().vendors[place].outbox.batches().to_vec())
    }

    /// Discards the batches that wait.
    pub fn forget_pending(&self, vendor: &str) -> Result<(), WebhookError> {
        let place = self.webhook_place(vendor)?;
        self.with(|state| state.vendors[place].outbox.clear());
        self.inner.posted.send_replace(());
        Ok(())
    }

    /// The moment at which a vendor's next batch is due.
    pub(crate) fn next_delivery(&self, place: usize) -> Option<Timestamp> {
        self.inner.state.lock().vendors[place].outbox.next_deadline()
    }

    /// The batches of a vendor that are due now, with the sandbox's current epoch.
    pub(crate) fn due(&self, place: usize) -> (u64, Vec<Batch>) {
        let mut state = self.inner.state.lock();
        let now = state.clock.now();
        (state.epoch, state.vendors[place].outbox.advance(now))
    }

    /// Records whether a batch was accepted. Ignored if the sandbox was reset.
    pub(crate) fn delivered(&self, place: usize, epoch: u64, number: u64, taken: bool) {
        {
            let mut state = self.inner.state.lock();
            let now = state.clock.now();
            if state.epoch == epoch {
                state.vendors[place].outbox.answered(now, number, taken);
            }
        }
        self.inner.posted.send_replace(());
    }

    /// A receiver that is notified whenever the messages to deliver change.
    pub fn posted(&self) -> tokio::sync::watch::Receiver<()> {
        self.inner.posted.subscribe()
    }

    /// Encodes a delivery, and records that it is sent.
    pub(crate) fn send_off(&self, vendor: &str, delivery: Delivery) -> Result<Parcel, WebhookError> {
        let place = self.webhook_place(vendor)?;
        let receiver = self.receiver(vendor)?;
        let command = command_of(&delivery);
        let setup = &self.inner.setup.vendors[place];
        let (contract, secrets) = (&setup.contract, shown_secrets(&setup.secrets, delivery.credentials));
        let keys = ClientKeys { partner: shown_key(&receiver.key, delivery.credentials), ..ClientKeys::default() };
        let fields = fields_of(contract, &delivery);
        let encoded = contract.encode_request(command, &fields, &keys, &secrets, self.now());
        let (operation, mut wire) = encoded.map_err(|error| match error {
            EncodeError::NoOperation(command) => WebhookError::NoWebhook(vendor.to_owned(), command),
            other => WebhookError::Unwritable(other.to_string()),
        })?;
        let bare = contract.encode_request(command, &fields, &ClientKeys::default(), &secrets, self.now());
        if let Ok((_, bare)) = bare {
            garbled::garble(&mut wire, &bare, delivery.credentials);
        }
        let call = contract.decode_request(operation, &[], &wire, None, &setup.secrets);
        let step = Some(contract.step(operation, &call));
        let leg = Leg::VendorToBackend;
        let about = About { leg, vendor: Some(vendor), operation: Some(operation), step, intent: None };
        let shown = WireRequest { target: path_of(&receiver.url, &wire.target), ..wire.clone() };
        let mut request = record::request(&self.inner.redactor.read(), about, shown);
        request.delivery = Some(delivery);
        Ok(self.with(|state| {
            request.exchange = state.next_exchange(leg, None);
            let parcel = Parcel { exchange: request.exchange, epoch: state.epoch, url: receiver.url.clone(), wire };
            state.append(What::Request(request.into()));
            parcel
        }))
    }

    /// Records a receiver's answer. Returns the reply, if the contract defines one for it.
    pub(crate) fn record_receipt(
        &self,
        vendor: &str,
        delivery: &Delivery,
        parcel: &Parcel,
        answer: Result<&WireResponse, &Missed>,
    ) -> Result<Option<ReplyName>, WebhookError> {
        let place = self.webhook_place(vendor)?;
        let contract = &self.inner.contracts[place];
        let reply = answer.ok().and_then(|wire| read_reply(contract, command_of(delivery), wire));
        let redactor = self.inner.redactor.read();
        let event = match answer {
            Ok(wire) => {
                let mut response = record::app_response(&redactor, parcel.exchange, wire, None);
                response.reply = reply.as_ref().map(|reply| reply.name);
                response.fields = reply.as_ref().map_or(Map::new(), |reply| reply.fields.to_json());
                response.fate = Fate::Delivered;
                What::Response(response.into())
            }
            Err(missed) => {
                let Missed { why, unreached } = missed.clone();
                What::SendFailed { exchange: parcel.exchange, why, unreached }
            }
        };
        drop(redactor);
        self.with(|state| {
            if state.epoch == parcel.epoch {
                state.open.remove(&parcel.exchange);
                state.append(event);
            }
        });
        Ok(reply.map(|reply| reply.name))
    }
}

fn command_of(delivery: &Delivery) -> CommandName {
    if delivery.app_id.is_some() { CommandName::WebhookProbe } else { CommandName::Webhook }
}

/// The fields of the command: a list of messages, or one message.
fn fields_of(contract: &Contract, delivery: &Delivery) -> Fields {
    let mut sets: Vec<Fields> = delivery.messages.iter().map(fields_of_message).collect();
    let mut fields = match (contract.delivers_lists(), sets.is_empty()) {
        (true, _) => Fields::new().with(Field::Messages, FieldValue::List(sets)),
        (false, false) => sets.swap_remove(0),
        (false, true) => Fields::new(),
    };
    if delivery.test {
        fields.set(Field::Test, "test");
    }
    fields
}

fn fields_of_message(message: &Delivered) -> Fields {
    Fields::new()
        .with(Field::MessageId, message.id.as_str())
        .with(Field::MessageUserId, message.user_id.as_str())
        .with(Field::ExternalId, message.user_id.as_str())
        .with(Field::MessageType, message.kind.as_str())
        .with(Field::MessageAt, message.at)
}

/// The length of a very long password. Most servers take headers of 8 KiB.
const LONG: usize = 5000;

/// The key that is submitted, as `user:password`.
fn shown_key(key: &str, credentials: Credentials) -> Option<String> {
    let (user, password) = key.split_once(':').unwrap_or((key, ""));
    match credentials {
        Credentials::Valid => Some(key.to_owned()),
        Credentials::Absent => None,
        Credentials::WrongUser => Some(format!("not-{user}:{password}")),
        Credentials::WrongPassword | Credentials::Stale | Credentials::Twice => {
            Some(format!("{user}:standin-wrong-password"))
        }
        Credentials::Long => Some(format!("{user}:{}", "x".repeat(LONG))),
        // What is shown in its place is no key.
        Credentials::NotBase64 | Credentials::WithoutColon | Credentials::OtherScheme | Credentials::Empty => {
            Some(format!("{user}:garbled"))
        }
    }
}

/// The secrets that proofs are made with. For all credentials but valid ones, the hash secret is wrong.
fn shown_secrets(own: &Secrets, credentials: Credentials) -> Secrets {
    let mut secrets = own.clone();
    if credentials != Credentials::Valid {
        "standin-wrong-hash".clone_into(&mut secrets.server_hash);
    }
    secrets
}

/// The path and query of a receiver's URL, as the history shows them.
fn path_of(url: &str, query: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |start| &rest[start..]);
    format!("{path}{query}")
}

/// The receiver's answer as a reply of the contract. If the contract defines no refusal, a 401 or 403 counts as one.
fn read_reply(contract: &Contract, command: CommandName, wire: &WireResponse) -> Option<Reply> {
    let operation = contract.operation_for(command)?;
    if command == CommandName::Webhook && contract.facts.webhook.success.value.is(wire.status) {
        return Some(Reply::new(ReplyName::MessageKept));
    }
    let heard = contract.decode_reply(operation, wire);
    let named = heard.and_then(|heard| Some(Reply { name: *heard.replies.first()?, fields: heard.fields }));
    let is_other = |reply: &Reply| reply.name != ReplyName::MessageKept;
    named.filter(is_other).or_else(|| (!words_refusal(operation)).then(|| unworded(operation, wire.status)).flatten())
}

/// Whether the contract defines how unauthenticated requests are refused.
fn words_refusal(operation: &Operation) -> bool {
    let mut replies = operation.responses.iter().flat_map(|case| &case.replies);
    replies.any(|reply| reply.is_about_key() || *reply == ReplyName::ProofWrong)
}

fn unworded(operation: &Operation, status: u16) -> Option<Reply> {
    let name = if operation.proof.is_some() { ReplyName::ProofWrong } else { ReplyName::KeyUnknown };
    matches!(status, 401 | 403).then(|| Reply::new(name))
}

impl super::VendorSetup {
    /// Whether messages name users by the client company's external id.
    pub fn names_by_external_id(&self) -> bool {
        let webhook = self.contract.operation_for(CommandName::Webhook);
        let media = webhook.and_then(|webhook| webhook.body.as_ref()?.media.first());
        media.is_some_and(|media| media.shape.leaf(&Field::ExternalId).is_some())
    }

    /// Whether the receiver requires a partner key.
    pub fn shows_partner_key(&self) -> bool {
        let webhook = self.contract.operation_for(CommandName::Webhook);
        webhook.is_some_and(|webhook| webhook.asks_for(KeyKind::Partner, &self.contract.schemes))
    }
}
