//! Where the reference backend takes its vendor's webhooks, and the disk that outlives it.

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

/// A message as the backend keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The user that it is about, as the vendor names it.
    pub user: String,
    /// What tells it apart: its id, or its type and time where it has none.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// When it was made, in milliseconds; 0 where it doesn't say.
    pub at: i64,
}

/// What the backend keeps when it is killed: the notes of each user, in the order in which they came.
#[derive(Debug, Default)]
pub struct Disk(Mutex<BTreeMap<String, Vec<Note>>>);

impl Disk {
    /// Keeps a note, unless one of the same id is there: both at one moment.
    pub fn keep(&self, note: Note) {
        let mut kept = self.0.lock();
        let notes = kept.entry(note.user.clone()).or_default();
        if !notes.iter().any(|known| known.id == note.id) {
            notes.push(note);
        }
    }

    /// Keeps a note whatever is there.
    pub fn append(&self, note: Note) {
        self.0.lock().entry(note.user.clone()).or_default().push(note);
    }

    /// True if a note of the same id is there.
    pub fn has(&self, note: &Note) -> bool {
        self.notes(&note.user).iter().any(|known| known.id == note.id)
    }

    /// The notes about a user, in the order in which they came.
    pub fn notes(&self, user: &str) -> Vec<Note> {
        self.0.lock().get(user).cloned().unwrap_or_default()
    }
}

/// What came to the receiver.
#[derive(Debug, Clone)]
pub struct Post {
    /// The partner key that was shown.
    pub key: Option<String>,
    /// The key that the backend was given; none where the vendor shows no key.
    pub own_key: Option<String>,
    /// Whether a proof in its place is good.
    pub proof: ProofState,
    /// What it delivers.
    pub notes: Vec<Note>,
}

impl Post {
    /// True if it shows what the backend was given.
    pub fn is_known(&self) -> bool {
        let by_key = self.own_key.is_none() || self.key == self.own_key;
        by_key && matches!(self.proof, ProofState::Valid | ProofState::NotAsked)
    }
}

pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// The receiver, with what it was told.
pub(crate) struct WebhookReceiver {
    contract: Arc<Contract>,
    told: Started,
    disk: Arc<Disk>,
}

impl WebhookReceiver {
    /// The receiver of a backend that is told this at its start, with what was kept before.
    pub(crate) fn new(contract: Arc<Contract>, told: Started, disk: Arc<Disk>) -> Self {
        Self { contract, told, disk }
    }

    pub(super) async fn serve(&self, behaviour: &dyn BackendBehaviour, wire: &WireRequest) -> Answered {
        let command = if wire.method == "GET" { CommandName::WebhookProbe } else { CommandName::Webhook };
        let Some(operation) = self.contract.operation_for(command) else { return bare(405) };
        let call = self.contract.decode_request(operation, &[], wire, None, &self.told.secrets);
        let post = self.post(&call);
        if command == CommandName::Webhook {
            // A test post only tries the receiver.
            let is_test = call.input.as_ref().is_ok_and(|fields| fields.get(&Field::Test).is_some());
            return match call.input {
                Err(_) if post.is_known() => bare(400),
                _ if is_test && post.is_known() => bare(200),
                _ => bare(behaviour.receive(&self.disk, &post).await),
            };
        }
        if !behaviour.lets_in(&post) {
            return bare(behaviour.turn_away_vendor(&post));
        }
        let fields = Fields::new().with(Field::AppId, self.told.app_id.as_str());
        let wire = self.contract.encode_reply(operation, &Reply { name: ReplyName::ProbeAnswered, fields });
        Answered { status: wire.status, headers: wire.headers, body: wire.body }
    }

    /// What a user's messages led to.
    pub(super) fn shown(&self, behaviour: &dyn BackendBehaviour, user: &str) -> Value {
        json!({"shown": behaviour.show(&self.disk, user)})
    }

    fn post(&self, call: &Call) -> Post {
        let guards: Vec<_> = call.access.iter().flatten().filter(|guard| guard.kind == KeyKind::Partner).collect();
        Post {
            key: guards.iter().find_map(|guard| guard.sent.clone()),
            own_key: (!guards.is_empty()).then(|| self.told.partner_key.clone()),
            proof: call.proof,
            notes: call.input.as_ref().map(notes).unwrap_or_default(),
        }
    }
}

/// The messages of a list, or the one that is not in a list.
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
