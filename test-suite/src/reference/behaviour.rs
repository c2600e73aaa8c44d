//! How a client backend behaves at each turn of a request. The defaults conform.

use futures::future::BoxFuture;
use std::sync::Arc;

use serde_json::{Value, json};
use standin_contracts::contract::{Secrets, WireRequest};
use standin_contracts::protocol::{CommandName, Fields, Millis};

use super::call_error::CallError;
use super::vendor_client::{Outcome, UserRecord, VendorClient};
use super::webhook_receiver::{Disk, Note, Post};

/// A request of the app, as the backend sees it.
#[derive(Debug, Clone)]
pub struct AppRequest {
    /// The call: `credential`, `read_back`, `sdk_id`, `sign_up` or `erase`.
    pub call: String,
    /// What the app showed as its login.
    pub login: Option<String>,
    /// The user that the app named in its body, if it did.
    pub named: Option<String>,
    /// The id that a new user wants.
    pub wanted: Option<String>,
    /// What the vendor calls the user, if the app knows.
    pub vendor_user: Option<String>,
}

/// An answer to the app.
#[derive(Debug, Clone)]
pub struct AppAnswer {
    /// The status.
    pub status: u16,
    /// Header fields.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl AppAnswer {
    /// A JSON answer that no cache may keep.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned()), ("cache-control", "no-store".to_owned())];
        Self { status, headers, body: body.to_string() }
    }
}

/// How long a call to the vendor may take.
#[derive(Debug, Clone, Copy)]
pub enum CallTimeout {
    /// From its beginning to the last byte.
    Whole(Millis),
    /// From its beginning or any byte to the next.
    EachByte(Millis),
}

/// How long the vendor may take.
const TIMEOUT: Millis = Millis::from_secs(10);
/// A longer pause than this is not made while an app waits, whatever the vendor says.
const LONGEST_PAUSE: Millis = Millis::from_secs(60);

/// How a client backend behaves. A variant or mutant overrides the one turn that it takes differently.
pub trait BackendBehaviour: Send + Sync + 'static {
    /// Learns that the backend was started, for the first time or again.
    fn started(&self) {}

    /// Who uses the app, by the login that it shows.
    fn who(&self, vendor_client: &VendorClient, request: &AppRequest) -> Option<UserRecord> {
        vendor_client.by_login(request.login.as_deref()?)
    }

    /// The id under which the vendor shall know a new customer who wants this one; none if it can't be had.
    fn new_id(&self, vendor_client: &VendorClient, wanted: &str) -> Option<String> {
        vendor_client.allows(wanted).then(|| wanted.to_owned())
    }

    /// The id under which the vendor knows this customer.
    fn external_id(&self, user: &UserRecord, _request: &AppRequest) -> String {
        user.external_id.clone()
    }

    /// The secrets that proofs are made with.
    fn secrets(&self, own: &Secrets) -> Secrets {
        own.clone()
    }

    /// Has a last look at a vendor call before it is sent, and at the fields that it was made of.
    fn touch(&self, _call: &mut WireRequest, _about: &Fields, _server_key: &str) {}

    /// How long after its start it listens.
    fn listens_after(&self) -> Millis {
        Millis::new(0)
    }

    /// How long it waits for an answer of the vendor.
    fn timeout(&self) -> CallTimeout {
        CallTimeout::Whole(TIMEOUT)
    }

    /// How long it waits before each further try of a call that failed for a moment.
    fn pauses(&self, vendor_client: &VendorClient, command: CommandName) -> Vec<Millis> {
        vendor_client.pauses(command)
    }

    /// How long it waits before the next try, after so many further ones; nothing if it gives up.
    fn pause_before_try(
        &self,
        vendor_client: &VendorClient,
        command: CommandName,
        tries: usize,
        error: &CallError,
    ) -> Option<Millis> {
        let own = self.pauses(vendor_client, command).get(tries).copied()?;
        match error.told_to_wait(vendor_client.clock().now()) {
            Some(told) => (told <= LONGEST_PAUSE).then_some(told.max(own)),
            None => Some(own),
        }
    }

    /// How long it waits before it asks again for a result in progress, for which it has asked for so long already; nothing
    /// if it gives up.
    fn pause_before_poll(&self, vendor_client: &VendorClient, asking_for: Millis) -> Option<Millis> {
        let facts = &vendor_client.contract().facts.read_back;
        let pause = facts.poll_at_least.value;
        (asking_for.get() + pause.get() <= facts.poll_at_most.value.get()).then_some(pause)
    }

    /// What it sends to where a redirect leads; nothing if it doesn't follow.
    fn follow(&self, _call: &WireRequest, _status: u16) -> Option<WireRequest> {
        None
    }

    /// Gets from the vendor what the app asks for.
    fn obtain<'t>(
        &'t self,
        vendor_client: &'t VendorClient,
        request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        Box::pin(async move { vendor_client.ask_vendor(self.as_behaviour(), request, &fields).await })
    }

    /// Has the customer erased whose app asks for it.
    fn erase<'t>(
        &'t self,
        vendor_client: &'t VendorClient,
        request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        Box::pin(async move { vendor_client.erase(self.as_behaviour(), &fields, request.vendor_user.as_deref()).await })
    }

    /// Words the outcome for the app.
    fn answer(&self, _vendor_client: &VendorClient, outcome: &Outcome) -> AppAnswer {
        match outcome {
            Outcome::Granted(value) => AppAnswer::json(200, &json!({"outcome": value})),
            Outcome::InvalidFile(_) => AppAnswer::json(502, &json!({"error": "vendor_refused"})),
            Outcome::Unavailable | Outcome::Unheard => AppAnswer::json(503, &json!({"error": "vendor_unavailable"})),
        }
    }

    /// Answers an app that nobody is signed in to.
    fn turn_away(&self) -> AppAnswer {
        AppAnswer::json(401, &json!({"error": "not_signed_in"}))
    }

    /// True if the vendor may submit what it does.
    fn lets_in(&self, post: &Post) -> bool {
        post.is_known()
    }

    /// The status for an unauthenticated request to the receiver.
    fn turn_away_vendor(&self, _post: &Post) -> u16 {
        401
    }

    /// Takes what the vendor submits, and gives the status to answer.
    fn receive<'t>(&'t self, disk: &'t Arc<Disk>, post: &'t Post) -> BoxFuture<'t, u16> {
        Box::pin(async move {
            if !self.lets_in(post) {
                return self.turn_away_vendor(post);
            }
            for note in &post.notes {
                match self.keep(disk, note).await {
                    200 => {}
                    status => return status,
                }
            }
            200
        })
    }

    /// Keeps one message, and gives the status that this deserves.
    fn keep<'t>(&'t self, disk: &'t Arc<Disk>, note: &'t Note) -> BoxFuture<'t, u16> {
        Box::pin(async move {
            disk.keep(note.clone());
            200
        })
    }

    /// Where a user stands by its messages: how many there are, and the type of the newest.
    fn show(&self, disk: &Disk, user: &str) -> Value {
        let notes = disk.notes(user);
        let newest = notes.iter().max_by_key(|note| (note.at, &note.id));
        json!({"messages": notes.len(), "newest": newest.map(|note| &note.kind)})
    }

    /// Answers an app whose user can't have the id that it wants.
    fn refuse_id(&self) -> AppAnswer {
        AppAnswer::json(422, &json!({"error": "id_not_possible"}))
    }

    /// The conduct itself, for calls back into it.
    fn as_behaviour(&self) -> &dyn BackendBehaviour;
}

/// The conduct that conforms.
#[derive(Debug)]
pub struct Conforming;

impl BackendBehaviour for Conforming {
    fn as_behaviour(&self) -> &dyn BackendBehaviour {
        self
    }
}
