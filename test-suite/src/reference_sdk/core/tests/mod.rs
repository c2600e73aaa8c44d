//! Tests of the core with literal and generated inputs.

mod account;
mod properties;
mod session;
mod sync;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use standin_contracts::contract::{Contract, builtin};
use standin_contracts::protocol::{CommandName, Field, FieldValue, Fields, Millis, ReplyName, Timestamp};

use super::{Core, DeviceState};
use crate::adapter::{CommandResult, Device, Retry, SdkCommand, Setup, Storage};
use crate::reference_sdk::behaviour::{ConformingSdk, SdkBehaviour};
use crate::reference_sdk::config::SdkConfig;
use crate::reference_sdk::message::{Effect, Input, Request, RetryAfter, VendorAnswer};
use crate::reference_sdk::stored::{SignInState, Stored};

/// Waits between tries: from one second to a minute.
const RETRY: Retry = Retry { base_ms: 1000, cap_ms: 60_000 };

/// A core in a test, with a log of its actions.
struct CoreHarness {
    contract: Arc<Contract>,
    behaviour: Arc<dyn SdkBehaviour>,
    core: Core,
    now: Timestamp,
    call: u64,
    sent: Vec<Request>,
    given_up: Vec<u64>,
    returned: BTreeMap<u64, CommandResult>,
    stored: Stored,
    wake: Option<Timestamp>,
}

impl CoreHarness {
    /// An install that was not launched yet.
    fn new(vendor: &str, behaviour: Arc<dyn SdkBehaviour>) -> Self {
        let contract = contract(vendor);
        let stored = Stored::new("device-1");
        let core = core(&contract, &behaviour, DeviceState::default(), stored.clone());
        let now = Timestamp::from_millis(1_000_000);
        let (sent, given_up, returned) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { contract, behaviour, core, now, call: 0, sent, given_up, returned, stored, wake: None }
    }

    /// A conforming, launched install of the vendor.
    fn launched(vendor: &str) -> Self {
        let mut harness = Self::new(vendor, Arc::new(ConformingSdk));
        harness.command(SdkCommand::Launch {});
        harness
    }

    /// A launched install that is signed in with `credential-1`, or as `user1`.
    fn signed_in(vendor: &str) -> Self {
        Self::signed_in_as(vendor, ConformingSdk)
    }

    fn signed_in_as(vendor: &str, behaviour: impl SdkBehaviour) -> Self {
        Self::signed_in_like(vendor, Arc::new(behaviour))
    }

    fn signed_in_like(vendor: &str, behaviour: Arc<dyn SdkBehaviour>) -> Self {
        let mut harness = Self::new(vendor, behaviour);
        harness.command(SdkCommand::Launch {});
        harness.create("credential-1");
        harness.welcome("user-1", "session-1");
        harness.sent.clear();
        harness
    }

    /// Replaces the process by a new one with the same storage.
    fn killed(mut self) -> Self {
        self.core = core(&self.contract, &self.behaviour, self.core.device().clone(), self.stored.clone());
        self.sent.clear();
        self.command(SdkCommand::Launch {});
        self
    }

    fn step(&mut self, input: Input) {
        self.wake = None;
        for effect in self.core.step(self.now, input) {
            match effect {
                Effect::Store(stored) => self.stored = *stored,
                Effect::Send(request) => self.sent.push(request),
                Effect::GiveUp(number) => self.given_up.push(number),
                Effect::Return { call, result } => drop(self.returned.insert(call, result)),
                Effect::WakeAt(moment) => self.wake = Some(moment),
            }
        }
    }

    /// Gives a command. Returns its result, if that is known at once.
    fn command(&mut self, command: SdkCommand) -> Option<CommandResult> {
        self.call += 1;
        self.step(Input::Command { call: self.call, command });
        self.returned.get(&self.call).cloned()
    }

    fn create(&mut self, credential: &str) -> Option<CommandResult> {
        let (credential, user_id) = (Some(credential.to_owned()), Some("user1".to_owned()));
        self.command(SdkCommand::CreateUser { credential, user_id })
    }

    fn record(&mut self, id: &str, category: &str) -> bool {
        let result = self.command(SdkCommand::Record { id: id.to_owned(), category: category.to_owned() });
        let Some(CommandResult::Done { value, .. }) = result else { panic!("{result:?}") };
        value["accepted"].as_bool().expect("a flag")
    }

    fn grant(&mut self, category: &str, allowed: bool) {
        self.command(SdkCommand::Grant { permissions: BTreeMap::from([(category.to_owned(), allowed)]) });
    }

    /// The only request sent since the last check.
    fn request(&mut self) -> Request {
        let sent = std::mem::take(&mut self.sent);
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent.into_iter().next().expect("a request")
    }

    /// The commands of the requests sent since the last check.
    fn asked(&mut self) -> Vec<CommandName> {
        std::mem::take(&mut self.sent).into_iter().map(|request| request.command).collect()
    }

    fn answer(&mut self, request: &Request, status: u16, replies: &[ReplyName], fields: Fields) {
        let answer = VendorAnswer { status, replies: replies.to_vec(), fields, retry_after: None };
        self.step(Input::VendorAnswer { number: request.number, answer });
    }

    /// Answers with one reply and its usual status.
    fn reply(&mut self, request: &Request, reply: ReplyName) {
        self.answer(request, reply.usual_status(), &[reply], Fields::new());
    }

    /// Answers with a status and no reply.
    fn status(&mut self, request: &Request, status: u16) {
        self.answer(request, status, &[], Fields::new());
    }

    fn put_off(&mut self, request: &Request, retry_after: RetryAfter) {
        let (status, replies) = (503, vec![ReplyName::Unavailable]);
        let answer = VendorAnswer { status, replies, retry_after: Some(retry_after), ..VendorAnswer::default() };
        self.step(Input::VendorAnswer { number: request.number, answer });
    }

    fn lose(&mut self, request: &Request) {
        self.step(Input::NoAnswer { number: request.number });
    }

    /// Answers the request for a user with a created user.
    fn welcome(&mut self, user_id: &str, session: &str) {
        let request = self.request();
        let fields = Fields::new().with(Field::UserId, user_id).with(Field::Session, session);
        let fields = fields.with(Field::Refresh, format!("refresh of {session}"));
        self.answer(&request, 200, &[ReplyName::UserCreated], fields);
    }

    fn pass(&mut self, by: Millis) {
        self.now = self.now.after(by);
        self.step(Input::Timer);
    }

    /// Advances time to the next timer.
    fn wake(&mut self) {
        let wake = self.wake.expect("a timer");
        self.pass(wake.since(self.now));
    }

    fn sign_in_state(&self) -> &SignInState {
        &self.core.stored().sign_in_state
    }
}

fn contract(vendor: &str) -> Arc<Contract> {
    static COMPILED: Mutex<BTreeMap<String, Arc<Contract>>> = Mutex::new(BTreeMap::new());
    let compile = || Arc::new(builtin(vendor).expect("a vendor").expect("a contract"));
    COMPILED.lock().entry(vendor.to_owned()).or_insert_with(compile).clone()
}

fn core(contract: &Arc<Contract>, behaviour: &Arc<dyn SdkBehaviour>, device: DeviceState, stored: Stored) -> Core {
    let setup = Setup {
        install: "phone".to_owned(),
        vendor: contract.vendor.clone(),
        base_url: String::new(),
        backend_url: None,
        client_key: "client-key".to_owned(),
        app_id: "app-1".to_owned(),
        sdk_secret: "sdk-secret".to_owned(),
        device: Device { id: "device-1".to_owned(), kind: "phone".to_owned(), platform: "android".to_owned() },
        storage: Storage::New,
        now: Timestamp::from_millis(0),
        retry: Some(RETRY),
        ca: None,
    };
    Core::new(SdkConfig::new(contract.clone(), &setup), behaviour.clone(), 7, device, stored)
}

fn failed(reason: &str) -> CommandResult {
    CommandResult::failed(reason)
}

/// The ids of a batch's items.
fn items(request: &Request) -> Vec<String> {
    let Some(FieldValue::List(items)) = request.fields.get(&Field::Items) else { panic!("{request:?}") };
    items.iter().map(|item| item.text(&Field::ItemId).expect("an id").to_owned()).collect()
}

fn batch_id(request: &Request) -> &str {
    request.fields.text(&Field::BatchId).expect("a batch's id")
}
