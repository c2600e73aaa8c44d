//! A behaviour under observation: whether it ever decided or did other than the conforming one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::BoxFuture;
use serde_json::Value;
use standin_contracts::contract::{Secrets, WireRequest};
use standin_contracts::protocol::{CommandName, Fields, Millis};

use super::behaviour::{AppAnswer, AppRequest, BackendBehaviour, CallTimeout, Conforming};
use super::call_error::CallError;
use super::vendor_client::{Outcome, UserRecord, VendorClient};
use super::webhook_receiver::{Disk, Note, Post};

/// A behaviour whose decisions are compared with the conforming ones, as is what it keeps of messages. Of the rest that
/// it does, it tells itself what is wrong.
pub struct ObservedBackend {
    behaviour: Arc<dyn BackendBehaviour>,
    fired: AtomicBool,
}

impl ObservedBackend {
    /// Observes a behaviour.
    pub fn new(behaviour: Arc<dyn BackendBehaviour>) -> Self {
        Self { behaviour, fired: AtomicBool::new(false) }
    }

    /// Whether something so far differed from what conforms: the fault has shown itself.
    pub fn has_fired(&self) -> bool {
        self.fired.load(Ordering::Relaxed)
    }

    /// The decision of the observed behaviour, compared with what conforms. Each is asked once: a behaviour may remember
    /// what it was asked.
    fn compared<T: PartialEq>(&self, decide: impl Fn(&dyn BackendBehaviour) -> T) -> T {
        let decided = decide(&*self.behaviour);
        self.fires_if(decided != decide(&Conforming));
        decided
    }

    fn fires_if(&self, is_wrong: bool) {
        if is_wrong {
            self.does_wrong();
        }
    }
}

impl BackendBehaviour for ObservedBackend {
    fn does_wrong(&self) {
        self.fired.store(true, Ordering::Relaxed);
    }

    fn started(&self) {
        self.behaviour.started();
    }

    /// Not compared: a backend may serve more forms of a request than another, or fewer.
    fn refused_form(&self, request: &AppRequest) -> Option<u16> {
        self.behaviour.refused_form(request)
    }

    fn who(&self, vendor_client: &VendorClient, request: &AppRequest) -> Option<UserRecord> {
        self.compared(|behaviour| behaviour.who(vendor_client, request))
    }

    fn new_id(&self, vendor_client: &VendorClient, wanted: &str) -> Option<String> {
        self.compared(|behaviour| behaviour.new_id(vendor_client, wanted))
    }

    fn external_id(&self, user: &UserRecord, request: &AppRequest) -> String {
        self.compared(|behaviour| behaviour.external_id(user, request))
    }

    fn secrets(&self, own: &Secrets) -> Secrets {
        self.compared(|behaviour| behaviour.secrets(own))
    }

    fn touch(&self, call: &mut WireRequest, about: &Fields, server_key: &str) {
        *call = self.compared(|behaviour| {
            let mut call = call.clone();
            behaviour.touch(&mut call, about, server_key);
            call
        });
    }

    fn listens_after(&self) -> Millis {
        self.behaviour.listens_after()
    }

    fn timeout(&self) -> CallTimeout {
        self.compared(BackendBehaviour::timeout)
    }

    fn pauses(&self, vendor_client: &VendorClient, command: CommandName) -> Vec<Millis> {
        self.compared(|behaviour| behaviour.pauses(vendor_client, command))
    }

    fn pause_before_try(
        &self,
        vendor_client: &VendorClient,
        command: CommandName,
        tries: usize,
        error: &CallError,
    ) -> Option<Millis> {
        self.compared(|behaviour| behaviour.pause_before_try(vendor_client, command, tries, error))
    }

    fn pause_before_poll(&self, vendor_client: &VendorClient, asking_for: Millis) -> Option<Millis> {
        self.compared(|behaviour| behaviour.pause_before_poll(vendor_client, asking_for))
    }

    fn follow(&self, call: &WireRequest, status: u16) -> Option<WireRequest> {
        self.compared(|behaviour| behaviour.follow(call, status))
    }

    fn obtain<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        vendor_client: &'t VendorClient,
        request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        self.behaviour.obtain(whole, vendor_client, request, fields)
    }

    fn erase<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        vendor_client: &'t VendorClient,
        request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        self.behaviour.erase(whole, vendor_client, request, fields)
    }

    fn answer(&self, vendor_client: &VendorClient, outcome: &Outcome) -> AppAnswer {
        self.compared(|behaviour| behaviour.answer(vendor_client, outcome))
    }

    fn turn_away(&self) -> AppAnswer {
        self.compared(BackendBehaviour::turn_away)
    }

    fn lets_in(&self, post: &Post) -> bool {
        self.compared(|behaviour| behaviour.lets_in(post))
    }

    fn turn_away_vendor(&self, post: &Post) -> u16 {
        self.compared(|behaviour| behaviour.turn_away_vendor(post))
    }

    /// What comes without credentials leaves nothing behind.
    fn receive<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        disk: &'t Arc<Disk>,
        post: &'t Post,
    ) -> BoxFuture<'t, u16> {
        Box::pin(async move {
            let is_new = |note: &&Note| !disk.has(note);
            let new: Vec<&Note> = post.notes.iter().filter(is_new).collect();
            let status = self.behaviour.receive(whole, disk, post).await;
            self.fires_if(!Conforming.lets_in(post) && new.into_iter().any(|note| disk.has(note)));
            status
        })
    }

    /// A message is taken, and stands on the disk once, however often it came.
    fn keep<'t>(&'t self, disk: &'t Arc<Disk>, note: &'t Note) -> BoxFuture<'t, u16> {
        Box::pin(async move {
            let status = self.behaviour.keep(disk, note).await;
            let copies = disk.notes(&note.user).iter().filter(|kept| kept.id == note.id).count();
            self.fires_if((status, copies) != (200, 1));
            status
        })
    }

    fn show(&self, disk: &Disk, user: &str) -> Value {
        self.compared(|behaviour| behaviour.show(disk, user))
    }

    fn refuse_id(&self) -> AppAnswer {
        self.compared(BackendBehaviour::refuse_id)
    }
}
