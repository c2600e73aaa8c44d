//! A vendor's engine behind its contract's codec: requests and answers pass in the form that they have on the wire.

use std::sync::Arc;

use proptest::sample::Index;
use standin_contracts::codec::ClientKeys;
use standin_contracts::contract::{Contract, Operation, Route, Secrets, WireRequest, WireResponse};
use standin_contracts::protocol::{
    Call, CommandName, Field, FieldValue, Fields, KeyKind, Millis, Reply, ReplyName, Timestamp,
};
use standin_mock_server::engine::{ClientKey, Engine, KeyRing, KeyState, Policy, Scopes, ServerKey};

use crate::engine_cases::{Ask, Key, Move, Named, Spoilt, Wait};
use crate::support::START;

/// One vendor, and the values in its answers so far.
#[derive(Clone)]
pub(crate) struct VendorUnderTest {
    pub(crate) contract: Arc<Contract>,
    pub(crate) engine: Engine,
    pub(crate) keys: KeyRing,
    now: Timestamp,
    heard: Heard,
}

#[derive(Debug, Clone, Default)]
struct Heard {
    credentials: Vec<String>,
    sessions: Vec<String>,
    users: Vec<String>,
    installs: Vec<String>,
    refreshes: Vec<String>,
    ends: Vec<Timestamp>,
}

/// The commands that lead to a session.
const SIGN_IN: [CommandName; 3] = [CommandName::RegisterUser, CommandName::IssueCredential, CommandName::CreateUser];

/// The server key that is fully valid.
const GOOD: &str = "good";

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    SwitchedOff { install: String, known: bool },
    Said(Box<Said>),
}

/// A call and its answer, in the engine's form and as read from the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) at: Timestamp,
    /// The operation's index in the contract.
    pub(crate) operation: usize,
    pub(crate) call: Call,
    pub(crate) reply: Reply,
    pub(crate) wire: WireResponse,
    /// What a client reads from the answer.
    pub(crate) told: Fields,
}

impl VendorUnderTest {
    pub(crate) fn new(contract: Arc<Contract>, seed: u64) -> Self {
        Self {
            engine: Engine::new(Policy::from(&*contract), seed),
            keys: keys(),
            // Not on a whole second, so that a time that the wire rounds differs from the exact one.
            now: Timestamp::from_millis(START + 123),
            heard: Heard::default(),
            contract,
        }
    }

    /// Runs a case. Returns its steps, without the moves that the contract has no request for.
    pub(crate) fn play(&mut self, case: &[Move]) -> Vec<Step> {
        case.iter().filter_map(|one| self.make(one)).collect()
    }

    /// Repeats the steps: the same calls at the same times.
    pub(crate) fn replay(&mut self, steps: &[Step]) -> Vec<Step> {
        steps.iter().map(|step| self.again(step)).collect()
    }

    fn make(&mut self, one: &Move) -> Option<Step> {
        match one {
            Move::Wait(wait) => {
                self.now = self.later(wait);
                None
            }
            Move::SwitchOff(install) => Some(self.switch_off(pick(&self.heard.installs, *install)?)),
            Move::Ask(ask) => {
                let (operation, call) = self.request(ask)?;
                Some(self.say(self.now, operation, call))
            }
        }
    }

    fn again(&mut self, step: &Step) -> Step {
        match step {
            Step::SwitchedOff { install, .. } => self.switch_off(install.clone()),
            Step::Said(said) => self.say(said.at, said.operation, said.call.clone()),
        }
    }

    fn switch_off(&mut self, install: String) -> Step {
        let known = self.engine.disable_install(&install);
        Step::SwitchedOff { install, known }
    }

    fn later(&self, wait: &Wait) -> Timestamp {
        let until = match wait {
            Wait::Millis(millis) => self.now.after(Millis::new(*millis)),
            Wait::UntilAfterEnd(end, after) => {
                let moments = self.heard.ends.iter().map(|end| Timestamp::from_millis(end.as_millis() + after));
                let ahead: Vec<Timestamp> = moments.filter(|moment| *moment > self.now).collect();
                pick(&ahead, *end).unwrap_or(self.now)
            }
        };
        until.max(self.now)
    }

    fn say(&mut self, at: Timestamp, place: usize, call: Call) -> Step {
        let contract = self.contract.clone();
        let operation = &contract.operations[place];
        let secrets = Secrets::default();
        let mint = |random, fields: &Fields| contract.mint(random, fields, &secrets);
        let reply = self.engine.apply(at, &self.keys, &call, &mint);
        let wire = contract.encode_reply(operation, &reply);
        let told = self.told(operation, &reply, &wire);
        self.heard.note(&told, &reply);
        if reply.name == ReplyName::ReadPending {
            let ready = at.after(contract.facts.read_back.ready_after.value);
            self.heard.ends.extend([ready, ready.after(contract.facts.read_back.ready_for.value)]);
        }
        Step::Said(Box::new(Said { at, operation: place, call, reply, wire, told }))
    }

    /// The fields that a client reads. Checks that they are those of the reply, where the answer identifies the reply.
    fn told(&self, operation: &Operation, reply: &Reply, wire: &WireResponse) -> Fields {
        let Some(heard) = self.contract.decode_reply(operation, wire) else { return Fields::new() };
        assert!(heard.replies.contains(&reply.name), "{} was read as {:?}", reply.name, heard.replies);
        if reply.name.is_refusal() { Fields::new() } else { heard.fields }
    }

    /// The call that a request leads to, as the codec decodes it from the wire.
    fn request(&self, ask: &Ask) -> Option<(usize, Call)> {
        let contract = &self.contract;
        let leads_in = |operation: &&Operation| SIGN_IN.contains(&operation.command);
        let operations: Vec<&Operation> =
            contract.operations.iter().filter(|operation| !ask.signs_in || leads_in(operation)).collect();
        let wanted = *ask.operation.get(&operations);
        let key = self.key(&ask.key, wanted);
        // If the operation takes a session too, its token is not sent in place of another key.
        let is_app = |key: &str| key == "good" || wanted.asks_for(KeyKind::Session, &contract.schemes);
        let client = key.as_deref().map(|key| if is_app(key) { "app" } else { key }.to_owned());
        let keys = ClientKeys { server: key.clone(), client, session: key, partner: None };
        let secrets = if ask.spoilt == Some(Spoilt::Proof) { wrong_secrets() } else { Secrets::default() };
        let (_, mut wire) =
            contract.encode_request(wanted.command, &self.fields(ask, wanted), &keys, &secrets, self.now).ok()?;
        spoil(&mut wire, ask.spoilt);
        let Route::Found { operation, parameters } = contract.route(&wire.method, wire.path()) else {
            panic!("no operation takes {} {}", wire.method, wire.target);
        };
        let too_large = (ask.spoilt == Some(Spoilt::TooLarge)).then_some(1);
        let call = contract.decode_request(operation, &parameters, &wire, too_large, &Secrets::default());
        Some((contract.operations.iter().position(|known| known.id == operation.id)?, call))
    }

    fn fields(&self, ask: &Ask, operation: &Operation) -> Fields {
        let named = |named: &Named, heard: &[String]| match named {
            Named::Heard(which) => pick(heard, *which),
            Named::Latest => heard.last().cloned(),
            Named::Own(name) => Some((*name).to_owned()),
        };
        let texts = [
            (Field::ExternalId, Some(ask.who.to_owned())),
            (Field::InstallId, ask.install.as_ref().and_then(|install| named(install, &self.heard.installs))),
            (Field::DeviceId, ask.device.map(str::to_owned)),
            (Field::AppId, ask.app.map(str::to_owned)),
            (Field::Credential, ask.credential.as_ref().and_then(|one| named(one, &self.heard.credentials))),
            (Field::UserId, named(&ask.user, &self.heard.users)),
            (Field::DeviceKind, Some(if ask.tablet { "tablet" } else { "phone" }.to_owned())),
            (Field::Refresh, named(&ask.refresh, &self.heard.refreshes)),
            (Field::BatchId, Some(ask.batch.to_owned())),
            (Field::PushToken, Some("push-1".to_owned())),
        ];
        let texts = texts.into_iter().filter_map(|(field, text)| Some((field, text?.into())));
        let mut fields: Fields = texts.collect();
        fields.set(Field::Round, 1);
        fields.set(Field::Permission("location".to_owned()), ask.tablet);
        fields.set(Field::Items, FieldValue::List(items(ask, operation)));
        fields.extend(operation.set.clone());
        fields
    }

    fn key(&self, key: &Key, operation: &Operation) -> Option<String> {
        let takes = |kind| operation.asks_for(kind, &self.contract.schemes);
        match key {
            Key::Good(which) if takes(KeyKind::Session) && !takes(KeyKind::Server) => {
                pick(&self.heard.sessions, *which)
            }
            Key::Good(_) => Some(GOOD.to_owned()),
            Key::Text(text) => Some((*text).to_owned()),
            Key::Missing => None,
            Key::Session(which) => pick(&self.heard.sessions, *which),
            Key::LatestSession => self.heard.sessions.last().cloned(),
        }
    }
}

impl Heard {
    fn note(&mut self, told: &Fields, reply: &Reply) {
        let text = |field| told.text(&field).map(str::to_owned);
        self.credentials.extend(text(Field::Credential));
        self.sessions.extend(text(Field::Session));
        self.users.extend(text(Field::UserId));
        self.installs.extend(text(Field::InstallId));
        self.refreshes.extend(text(Field::Refresh));
        // A credential expires even if the vendor does not report the time.
        self.ends.extend(told.time(&Field::ExpiresAt).or_else(|| reply.fields.time(&Field::ExpiresAt)));
    }
}

fn items(ask: &Ask, operation: &Operation) -> Vec<Fields> {
    let item = |id: &str| {
        let recorded = Timestamp::from_millis(START);
        Fields::new()
            .with(Field::ItemId, id)
            .with(Field::ItemCategory, "location")
            .with(Field::ItemRecordedAt, recorded)
    };
    if operation.submits_one_item() {
        return vec![item(ask.items.first().unwrap_or(&"item-1"))];
    }
    ask.items.iter().map(|id| item(id)).collect()
}

fn pick<T: Clone>(heard: &[T], which: Index) -> Option<T> {
    (!heard.is_empty()).then(|| which.get(heard).clone())
}

fn spoil(wire: &mut WireRequest, spoilt: Option<Spoilt>) {
    match spoilt {
        Some(Spoilt::Media) => wire.headers.retain(|(name, _)| name != "content-type"),
        Some(Spoilt::Body) => wire.body = b"{".to_vec(),
        Some(Spoilt::TooLarge | Spoilt::Proof) | None => {}
    }
}

fn wrong_secrets() -> Secrets {
    Secrets { server_hash: "not-it".to_owned(), sdk_constant: "not-it".to_owned(), ..Secrets::default() }
}

/// One server key in each state that a key can have, and one client key.
fn keys() -> KeyRing {
    let key = |value: &str| ServerKey::new(value, value);
    let revoked = ServerKey { state: KeyState::Revoked, ..key("revoked") };
    let narrow = ServerKey { scopes: Scopes::Only(["none".to_owned()].into()), ..key("narrow") };
    let ending = ServerKey { expires_at: Some(Timestamp::from_millis(START + 600_000)), ..key("ending") };
    let of_app = ServerKey { app_id: Some("app-1".to_owned()), ..key("of-app-1") };
    KeyRing { server: vec![key(GOOD), revoked, narrow, ending, of_app], client: vec![ClientKey::new("app", "app")] }
}
