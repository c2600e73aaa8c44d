//! The webhook receiver of the reference backend, and the disk that survives a restart.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};
use standin_contracts::contract::{Contract, WireRequest};
use standin_contracts::protocol::{
    Call, CommandName, Field, FieldValue, Fields, KeyKind, ProofState, Reply, ReplyName,
};

use super::behaviour::BackendBehaviour;
use crate::driver::Started;

/// A stored message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The user that the message is about, by the vendor's name for the user.
    pub user: String,
    /// The message's id, or its type and time if it has none.
    pub id: String,
    /// The message's type.
    pub kind: String,
    /// The time at which the message was made, in milliseconds; 0 if unknown.
    pub at: i64,
}

/// The messages that survive a kill of the backend: for each user, in order of arrival.
#[derive(Debug, Default)]
pub struct Disk(Mutex<BTreeMap<String, Vec<Note>>>);

impl Disk {
    /// Stores a message unless one with the same id is stored. Check and store are atomic.
    pub fn keep(&self, note: Note) {
        let mut kept = self.0.lock();
        let notes = kept.entry(note.user.clone()).or_default();
        if !notes.iter().any(|known| known.id == note.id) {
            notes.push(note);
        }
    }

    /// Stores a message, even if one with the same id is stored.
    pub fn append(&self, note: Note) {
        self.0.lock().entry(note.user.clone()).or_default().push(note);
    }

    /// Whether a message with the same id is stored.
    pub fn has(&self, note: &Note) -> bool {
        self.notes(&note.user).iter().any(|known| known.id == note.id)
    }

    /// The messages about a user, in order of arrival.
    pub fn notes(&self, user: &str) -> Vec<Note> {
        self.0.lock().get(user).cloned().unwrap_or_default()
    }
}

/// A request to the webhook receiver.
#[derive(Debug, Clone)]
pub struct Post {
    /// The partner key in the request.
    pub key: Option<String>,
    /// The partner key that the backend was configured with. None for vendors that send no key.
    pub own_key: Option<String>,
    /// Whether the request has an `Authorization` header, readable or not.
    pub shows_something: bool,
    /// The state of the request's proof, for vendors that send a proof.
    pub proof: ProofState,
    /// The messages in the request.
    pub notes: Vec<Note>,
}

impl Post {
    /// Whether the key and the proof in the request are valid.
    pub fn is_known(&self) -> bool {
        let by_key = self.own_key.is_none() || self.key == self.own_key;
        by_key && matches!(self.proof, ProofState::Valid | ProofState::NotAsked)
    }

    /// Whether the request has credentials that can't be checked: no key can be read from them. Of a vendor without keys,
    /// any proof that is wrong.
    pub fn is_garbled(&self) -> bool {
        let is_unproven = !matches!(self.proof, ProofState::Valid | ProofState::NotAsked | ProofState::Absent);
        if self.own_key.is_some() { self.key.is_none() && self.shows_something } else { is_unproven }
    }
}

pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// A webhook receiver with its configuration and its disk.
pub(crate) struct WebhookReceiver {
    contract: Arc<Contract>,
    told: Started,
    disk: Arc<Disk>,
}

impl WebhookReceiver {
    /// A receiver for a backend with this configuration, and with the disk of its earlier runs.
    pub(crate) fn new(contract: Arc<Contract>, told: Started, disk: Arc<Disk>) -> Self {
        Self { contract, told, disk }
    }

    pub(super) async fn serve(&self, behaviour: &dyn BackendBehaviour, wire: &WireRequest) -> Answered {
        let command = if wire.method == "GET" { CommandName::WebhookProbe } else { CommandName::Webhook };
        let Some(operation) = self.contract.operation_for(command) else { return bare(405) };
        let call = self.contract.decode_request(operation, &[], wire, None, &self.told.secrets);
        let shows_something = wire.header("authorization").is_some();
        let post = Post { shows_something, ..self.post(&call) };
        if command == CommandName::Webhook {
            // A test post only checks whether the receiver answers.
            let is_test = call.input.as_ref().is_ok_and(|fields| fields.get(&Field::Test).is_some());
            return match call.input {
                Err(_) if post.is_known() => bare(400),
                _ if is_test && post.is_known() => bare(200),
                _ => bare(behaviour.receive(behaviour, &self.disk, &post).await),
            };
        }
        if !behaviour.lets_in(&post) {
            return bare(behaviour.turn_away_vendor(&post));
        }
        let fields = Fields::new().with(Field::AppId, self.told.app_id.as_str());
        let wire = self.contract.encode_reply(operation, &Reply { name: ReplyName::ProbeAnswered, fields });
        Answered { status: wire.status, headers: wire.headers, body: wire.body }
    }

    /// The effect of a user's messages, as JSON.
    pub(super) fn shown(&self, behaviour: &dyn BackendBehaviour, user: &str) -> Value {
        json!({"shown": behaviour.show(&self.disk, user)})
    }

    fn post(&self, call: &Call) -> Post {
        let guards: Vec<_> = call.access.iter().flatten().filter(|guard| guard.kind == KeyKind::Partner).collect();
        Post {
            shows_something: false,
            key: guards.iter().find_map(|guard| guard.sent.clone()),
            own_key: (!guards.is_empty()).then(|| self.told.partner_key.clone()),
            proof: call.proof,
            notes: call.input.as_ref().map(notes).unwrap_or_default(),
        }
    }
}

/// The messages of a request: a list, or a single one.
fn notes(fields: &Fields) -> Vec<Note> {
    match fields.get(&Field::Messages) {
        Some(FieldValue::List(messages)) => messages.iter().map(note).collect(),
        _ => vec![note(fields)],
    }
}

fn note(fields: &Fields) -> Note {
    let text = |field: &Field| fields.text(field).unwrap_or_default().to_owned();
    let user = fields.text(&Field::MessageUserId).map_or_else(|| text(&Field::ExternalId), str::to_owned);
    let kind = text(&Field::MessageType);
    let at = fields.time(&Field::MessageAt).map_or(0, standin_contracts::protocol::Timestamp::as_millis);
    let id = fields.text(&Field::MessageId).map_or_else(|| format!("{kind} of {at}"), str::to_owned);
    Note { user, id, kind, at }
}

fn bare(status: u16) -> Answered {
    Answered { status, headers: Vec::new(), body: Vec::new() }
}
