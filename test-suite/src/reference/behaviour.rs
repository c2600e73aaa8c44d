//! The decisions of a client backend. The defaults conform.

use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use standin_contracts::contract::{Secrets, WireRequest};
use standin_contracts::history::NamedIn;
use standin_contracts::protocol::{CommandName, Fields, Millis};

use super::call_error::CallError;
use super::vendor_client::{Outcome, UserRecord, VendorClient};
use super::webhook_receiver::{Disk, Note, Post};

/// A request of the app, as the backend reads it.
#[derive(Debug, Clone)]
pub struct AppRequest {
    /// The call: `credential`, `read_back`, `sdk_id`, `sign_up` or `erase`.
    pub call: String,
    /// The login that the app sent.
    pub login: Option<String>,
    /// The ids by which the app names a user, each with its place in the request.
    pub named: BTreeMap<NamedIn, String>,
    /// The names of the members of the body, if it is a JSON object.
    pub members: Vec<String>,
    /// Whether the body is there and can't be read.
    pub unreadable: bool,
    /// The id that a new user asks for.
    pub wanted: Option<String>,
    /// The vendor's id of the user, if the app knows it.
    pub vendor_user: Option<String>,
}

/// The backend's answer to its app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The header fields.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl AppAnswer {
    /// A JSON answer that no cache may store.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned()), ("cache-control", "no-store".to_owned())];
        Self { status, headers, body: body.to_string() }
    }
}

/// The time limit of a call to the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallTimeout {
    /// A limit from the start of the call to the last byte of the answer.
    Whole(Millis),
    /// A limit that starts anew with each byte of the answer.
    EachByte(Millis),
}

/// The time limit of a vendor call.
const TIMEOUT: Millis = Millis::from_secs(10);
/// The longest pause while an app waits. If the vendor asks for a longer one, the backend gives up.
const LONGEST_PAUSE: Millis = Millis::from_secs(60);

/// The decisions of a client backend. A variant or mutant overrides one of them. What is done in several steps gets the
/// `whole` that decides each of them: the behaviour itself, or one around it.
pub trait BackendBehaviour: Send + Sync + 'static {
    /// Called at each start of the backend, the first one and every restart.
    fn started(&self) {}

    /// The status with which a request of this form is refused, whoever makes it. None if it is served. By default only
    /// a longer path than that of the call is.
    fn refused_form(&self, request: &AppRequest) -> Option<u16> {
        request.named.contains_key(&NamedIn::Path).then_some(404)
    }

    /// The user to whom the login in the request belongs.
    fn who(&self, vendor_client: &VendorClient, request: &AppRequest) -> Option<UserRecord> {
        vendor_client.by_login(request.login.as_deref()?)
    }

    /// The external id for a new user who asks for `wanted`. None if that id is not possible.
    fn new_id(&self, vendor_client: &VendorClient, wanted: &str) -> Option<String> {
        vendor_client.allows(wanted).then(|| wanted.to_owned())
    }

    /// The external id of a user: the id under which the vendor knows the user.
    fn external_id(&self, user: &UserRecord, _request: &AppRequest) -> String {
        user.external_id.clone()
    }

    /// The secrets that proofs are computed from.
    fn secrets(&self, own: &Secrets) -> Secrets {
        own.clone()
    }

    /// Edits a vendor call before it is sent. `_about` are the fields that the call was encoded from.
    fn touch(&self, _call: &mut WireRequest, _about: &Fields, _server_key: &str) {}

    /// The time between the backend's start and its first accepted connection.
    fn listens_after(&self) -> Millis {
        Millis::new(0)
    }

    /// The time limit of a call to the vendor.
    fn timeout(&self) -> CallTimeout {
        CallTimeout::Whole(TIMEOUT)
    }

    /// The pauses before each retry of a call that failed temporarily.
    fn pauses(&self, vendor_client: &VendorClient, command: CommandName) -> Vec<Millis> {
        vendor_client.pauses(command)
    }

    /// The pause before the next retry, after `tries` earlier ones. None if the backend gives up.
    fn pause_before_try(
        &self,
        vendor_client: &VendorClient,
        command: CommandName,
        tries: usize,
        error: &CallError,
    ) -> Option<Millis> {
        let own = self.pauses(vendor_client, command).get(tries).copied()?;
        pause_after(own, error.told_to_wait(vendor_client.clock().now()))
    }

    /// The pause before the next poll for a result in progress, after `asking_for` of polling. None if the backend
    /// gives up.
    fn pause_before_poll(&self, vendor_client: &VendorClient, asking_for: Millis) -> Option<Millis> {
        let facts = &vendor_client.contract().facts.read_back;
        let pause = facts.poll_at_least.value;
        (asking_for.get() + pause.get() <= facts.poll_at_most.value.get()).then_some(pause)
    }

    /// The request to send to the target of a redirect. None if the backend does not follow redirects.
    fn follow(&self, _call: &WireRequest, _status: u16) -> Option<WireRequest> {
        None
    }

    /// Gets from the vendor what the app asks for.
    fn obtain<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        vendor_client: &'t VendorClient,
        request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        Box::pin(obtain(whole, vendor_client, request, fields))
    }

    /// Has the vendor erase the user whose app asks for it.
    fn erase<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        vendor_client: &'t VendorClient,
        request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        Box::pin(erase(whole, vendor_client, request, fields))
    }

    /// The answer to the app for an outcome.
    fn answer(&self, _vendor_client: &VendorClient, outcome: &Outcome) -> AppAnswer {
        answer(outcome)
    }

    /// The answer to an app without a valid login.
    fn turn_away(&self) -> AppAnswer {
        failure(401, "not_signed_in")
    }

    /// Whether a request to the webhook receiver is authenticated.
    fn lets_in(&self, post: &Post) -> bool {
        post.is_known()
    }

    /// The status for an unauthenticated request to the webhook receiver.
    fn turn_away_vendor(&self, _post: &Post) -> u16 {
        401
    }

    /// Handles a request to the webhook receiver and returns the status of the answer.
    fn receive<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        disk: &'t Arc<Disk>,
        post: &'t Post,
    ) -> BoxFuture<'t, u16> {
        Box::pin(receive(whole, disk, post))
    }

    /// Stores one message and returns the status for it.
    fn keep<'t>(&'t self, disk: &'t Arc<Disk>, note: &'t Note) -> BoxFuture<'t, u16> {
        Box::pin(async move { keep(disk, note) })
    }

    /// The effect of a user's messages: their number, and the type of the newest.
    fn show(&self, disk: &Disk, user: &str) -> Value {
        show(disk, user)
    }

    /// The answer to an app whose user can't have the id that it asks for.
    fn refuse_id(&self) -> AppAnswer {
        failure(422, "id_not_possible")
    }

    /// Called by a mutant as it does something wrong towards its vendor that no single decision shows.
    fn does_wrong(&self) {}
}

// What conforms stands in functions of its own: a provided method is compiled once for each of some sixty behaviours.

fn pause_after(own: Millis, told: Option<Millis>) -> Option<Millis> {
    match told {
        Some(told) => (told <= LONGEST_PAUSE).then_some(told.max(own)),
        None => Some(own),
    }
}

async fn obtain(
    behaviour: &dyn BackendBehaviour,
    vendor_client: &VendorClient,
    request: &AppRequest,
    fields: Fields,
) -> Outcome {
    vendor_client.ask_vendor(behaviour, request, &fields).await
}

async fn erase(
    behaviour: &dyn BackendBehaviour,
    vendor_client: &VendorClient,
    request: &AppRequest,
    fields: Fields,
) -> Outcome {
    vendor_client.erase(behaviour, &fields, request.vendor_user.as_deref()).await
}

fn answer(outcome: &Outcome) -> AppAnswer {
    match outcome {
        Outcome::Granted(value) => AppAnswer::json(200, &json!({"outcome": value})),
        Outcome::Refused(_) => failure(502, "vendor_refused"),
        Outcome::Unavailable | Outcome::Unheard => failure(503, "vendor_unavailable"),
    }
}

fn failure(status: u16, error: &str) -> AppAnswer {
    AppAnswer::json(status, &json!({"error": error}))
}

async fn receive(behaviour: &dyn BackendBehaviour, disk: &Arc<Disk>, post: &Post) -> u16 {
    if !behaviour.lets_in(post) {
        return behaviour.turn_away_vendor(post);
    }
    for note in &post.notes {
        match behaviour.keep(disk, note).await {
            200 => {}
            status => return status,
        }
    }
    200
}

fn keep(disk: &Disk, note: &Note) -> u16 {
    disk.keep(note.clone());
    200
}

fn show(disk: &Disk, user: &str) -> Value {
    let notes = disk.notes(user);
    let newest = notes.iter().max_by_key(|note| (note.at, &note.id));
    json!({"messages": notes.len(), "newest": newest.map(|note| &note.kind)})
}

/// The behaviour that conforms.
#[derive(Debug)]
pub struct Conforming;

impl BackendBehaviour for Conforming {}
