//! Histories in a few words, for the tests of rules. A word such as `server_key#1` in a URL, header or body becomes a
//! placeholder.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::timelines::InstallTimelines;
use super::{Context, Evidence, Joined, Monitor, Rule, VIRTUAL};
use crate::history::{
    AppIntent, AppOutcome, Body, Call, ContractRef, Credentials, Delivered, Delivery, Event, Fate, Leg, Login,
    MessagePart, Placeholder, Request, Response, Return, Step, Subject, SubjectChange, What,
};
use crate::protocol::{CommandName, Field, KeyKind, ProofState, ReplyName, SdkCommandName, Timestamp};

#[derive(Default)]
pub(crate) struct Story {
    pub(crate) events: Vec<Event>,
    capabilities: Vec<String>,
    /// The subjects under test. `None` means all subjects of the rule but the app.
    subjects: Option<&'static [Subject]>,
    facts: IndexMap<String, String>,
    exchanges: u64,
    commands: u64,
    /// The time by which the clock was moved, in milliseconds.
    now: i64,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A history of a subject with these capabilities.
    pub(crate) fn of(capabilities: &[&str]) -> Self {
        Self { capabilities: capabilities.iter().map(|name| (*name).to_owned()).collect(), ..Self::default() }
    }

    /// A history of an app with these capabilities, with its SDK inside.
    pub(crate) fn of_app(capabilities: &[&str]) -> Self {
        let each = capabilities.iter().map(|name| format!("app:{name}"));
        let capabilities = ["app".to_owned()].into_iter().chain(each).collect();
        Self { capabilities, subjects: Some(&[Subject::App, Subject::Sdk]), ..Self::default() }
    }

    /// Adds a fact to the contract.
    pub(crate) fn knowing(mut self, fact: &str, value: &str) -> Self {
        self.facts.insert(fact.to_owned(), value.to_owned());
        self
    }

    /// The evidence of one rule, with two users whose apps were driven.
    pub(crate) fn evidence(&self, rule: &Rule) -> Evidence {
        let others: Vec<_> = rule.subjects.iter().copied().filter(|subject| *subject != Subject::App).collect();
        self.evidence_about(rule, self.subjects.unwrap_or(&others))
    }

    /// The evidence of one rule, with only these subjects under test.
    pub(crate) fn evidence_about(&self, rule: &Rule, subjects: &[Subject]) -> Evidence {
        let users = ["alice".to_owned(), "bob".to_owned()];
        let capabilities: Vec<_> = self.capabilities.iter().cloned().chain([VIRTUAL.to_owned()]).collect();
        let contract = ContractRef { vendor: "any".to_owned(), digest: String::new(), facts: self.facts.clone() };
        let contract = Some(&contract).filter(|contract| !contract.facts.is_empty());
        self.seen_by((rule.monitor)(&Context { users: &users, capabilities: &capabilities, subjects, contract }))
    }

    /// The evidence of a monitor.
    pub(crate) fn seen_by(&self, mut monitor: Box<dyn Monitor>) -> Evidence {
        let mut timelines = InstallTimelines::default();
        for event in &self.events {
            timelines.observe(event);
            monitor.observe(event);
        }
        monitor.finish(&Joined::of(&timelines))
    }

    /// The findings' messages, each with the events that prove it.
    pub(crate) fn findings(&self, rule: &Rule) -> Vec<(String, Vec<u64>)> {
        self.evidence(rule).findings.into_iter().map(|finding| (finding.message, finding.events)).collect()
    }

    /// The number of times the rule was exercised, in a history in which it passes.
    pub(crate) fn passed(&self, rule: &Rule) -> u64 {
        let evidence = self.evidence(rule);
        assert_eq!(evidence.findings, [], "{} holds", rule.name);
        evidence.exercised
    }

    pub(crate) fn event(&mut self, event: What) {
        let seq = self.events.len() as u64 + 1;
        self.events.push(Event { seq, at: Timestamp::from_millis(self.now), mono_us: seq * 1000, event });
    }

    pub(crate) fn pass(&mut self, millis: i64) {
        self.now += millis;
    }

    pub(crate) fn killed(&mut self) {
        self.event(What::Subject(SubjectChange { change: "killed".to_owned() }));
    }

    /// Sends a request, and returns its exchange.
    pub(crate) fn send(&mut self, request: Request) -> u64 {
        self.exchanges += 1;
        self.tell(What::Request(Request { exchange: self.exchanges, ..request }.into()));
        self.exchanges
    }

    pub(crate) fn answer(&mut self, exchange: u64, response: Response) {
        self.tell(What::Response(Response { exchange, ..response }.into()));
    }

    /// Adds any event, with the placeholders in it.
    pub(crate) fn tell(&mut self, mut event: What) {
        match &mut event {
            What::Request(request) => {
                let request = Arc::make_mut(request);
                request.placeholders = placeholders(Some(&request.target), &request.headers, request.body.as_ref());
            }
            What::Response(response) => {
                let response = Arc::make_mut(response);
                response.placeholders = placeholders(None, &response.headers, response.body.as_ref());
            }
            _ => {}
        }
        self.event(event);
    }

    /// A request from the vendor, with the receiver's answer.
    pub(crate) fn deliver(&mut self, request: Request, status: u16, reply: Option<ReplyName>) {
        let exchange = self.send(request);
        self.answer(exchange, Response { reply, ..response(status) });
    }

    /// Gives a command, and returns its number.
    pub(crate) fn call_of(&mut self, install: &str, name: SdkCommandName, arguments: Value, user: Option<&str>) -> u64 {
        self.commands += 1;
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        let (install, user) = (install.to_owned(), user.map(str::to_owned));
        self.event(What::Call(Call { call: self.commands, install, name, arguments, user, by_app: false }.into()));
        self.commands
    }

    /// A call of an app to its SDK. `done` says whether it succeeded, or is `None` if it has not returned.
    pub(crate) fn made(&mut self, install: &str, name: SdkCommandName, arguments: Value, done: Option<bool>) {
        self.commands += 1;
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        let (call, install) = (self.commands, install.to_owned());
        self.event(What::Call(Call { call, install, name, arguments, user: None, by_app: true }.into()));
        if let Some(success) = done {
            self.returned(call, success);
        }
    }

    /// A command of the app's user, with the events that the app causes before it returns.
    pub(crate) fn does(
        &mut self,
        install: &str,
        name: SdkCommandName,
        user: Option<&str>,
        what: impl FnOnce(&mut Self),
    ) {
        let command = self.call_of(install, name, json!({}), user);
        what(self);
        self.returned(command, true);
    }

    /// Adds the result of a command.
    pub(crate) fn returned(&mut self, call: u64, success: bool) {
        self.event(What::Returned(Return { call, success, reason: None, value: Map::new() }.into()));
    }

    /// A command that succeeds at once.
    pub(crate) fn told(&mut self, install: &str, name: SdkCommandName, arguments: Value) {
        let call = self.call_of(install, name, arguments, None);
        self.returned(call, true);
    }

    /// A call to the vendor with its answer.
    pub(crate) fn call(&mut self, request: Request, response: Response) {
        let exchange = self.send(request);
        self.answer(exchange, response);
    }

    /// A conforming hand-out: the app asks, the backend calls, the vendor issues, the backend answers.
    pub(crate) fn hand_out(&mut self, user: &str, id: &str, credential: &str) {
        self.hand_out_to(wish(user), id, credential);
    }

    /// A conforming hand-out for any request of the app.
    pub(crate) fn hand_out_to(&mut self, intent: AppIntent, id: &str, credential: &str) {
        let app = self.send(app(intent));
        self.call(issue(id), issued(credential));
        self.answer(app, handed(credential));
    }
}

/// Checks that a rule counts occasions to convict. In the right story it passes, and in the same story with the wrong
/// deed it finds something, on as many occasions.
pub(crate) fn same_occasion(rule: &Rule, right: &Story, wrong: &Story) {
    let occasions = right.passed(rule);
    assert!(occasions > 0, "{} has no occasion in the right story", rule.name);
    let evidence = wrong.evidence(rule);
    assert!(!evidence.findings.is_empty(), "{} finds nothing in the wrong story", rule.name);
    assert_eq!(evidence.exercised, occasions, "{} counts other occasions in the wrong story", rule.name);
}

/// Checks that a rule counts nothing in a story in which it could not find anything.
pub(crate) fn no_occasion(rule: &Rule, story: &Story) {
    assert_eq!(story.passed(rule), 0, "{} counts what could not convict", rule.name);
}

/// An app that asks for a credential with its user's login.
pub(crate) fn wish(user: &str) -> AppIntent {
    AppIntent::new("credential", user, Login::Valid)
}

pub(crate) fn impersonation(user: &str, other: &str) -> AppIntent {
    AppIntent { named: Some(other.to_owned()), ..wish(user) }
}

pub(crate) fn login(user: &str, login: Login) -> AppIntent {
    AppIntent { login, ..wish(user) }
}

pub(crate) fn app(intent: AppIntent) -> Request {
    Request { intent: Some(intent), ..request(Leg::AppToBackend, "/credential") }
}

/// A conforming call for a credential.
pub(crate) fn issue(id: &str) -> Request {
    vendor_call(CommandName::IssueCredential, "/auth", id)
}

/// A conforming call with the server key.
pub(crate) fn vendor_call(command: CommandName, target: &str, id: &str) -> Request {
    let mut fields = Map::new();
    fields.insert(Field::ExternalId.to_string(), id.into());
    Request {
        operation: Some(command.to_string()),
        headers: vec![("authorization".to_owned(), "Bearer server_key#1".to_owned())],
        body: Some(body(&format!("{{\"id\":\"{id}\"}}"))),
        step: Some(Step {
            command,
            fields,
            malformed: None,
            malformed_field: None,
            proof: ProofState::NotAsked,
            keys: vec![KeyKind::Server],
            wants: vec![KeyKind::Server],
            key_places: vec!["authorization".to_owned()],
        }),
        ..request(Leg::BackendToVendor, target)
    }
}

/// A call of an install's SDK, with these fields in its body and this session.
pub(crate) fn sdk(install: &str, command: CommandName, session: Option<&str>, fields: Value) -> Request {
    let authorization = session.map(|session| ("authorization".to_owned(), format!("Bearer {session}")));
    let said = body(&fields.to_string());
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    let step = Step {
        command,
        fields,
        malformed: None,
        malformed_field: None,
        proof: ProofState::NotAsked,
        keys: Vec::new(),
        wants: Vec::new(),
        key_places: Vec::new(),
    };
    Request {
        install: Some(install.to_owned()),
        operation: Some(command.to_string()),
        headers: authorization.into_iter().collect(),
        body: Some(said),
        step: Some(step),
        ..request(Leg::SdkToVendor, "/sdk")
    }
}

pub(crate) fn create(install: &str, credential: &str) -> Request {
    sdk(install, CommandName::CreateUser, None, json!({"credential": credential}))
}

/// A batch of items of one category.
pub(crate) fn submit(install: &str, session: &str, batch: &str, items: &[&str]) -> Request {
    let items: Vec<_> = items.iter().map(|id| json!({"item.id": id, "item.category": "location"})).collect();
    sdk(install, CommandName::SubmitBatch, Some(session), json!({"batch_id": batch, "items": items}))
}

/// The vendor's answer with a reply and its fields.
pub(crate) fn answered(reply: ReplyName, fields: Value) -> Response {
    let said = body(&fields.to_string());
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    Response { reply: Some(reply), fields, body: Some(said), ..response(reply.usual_status()) }
}

/// The answer to a redemption: this user, and this session.
pub(crate) fn signed_in(user: &str, session: &str) -> Response {
    answered(ReplyName::UserCreated, json!({"user_id": user, "session": session}))
}

pub(crate) fn request(leg: Leg, target: &str) -> Request {
    Request {
        exchange: 0,
        leg,
        vendor: None,
        install: None,
        operation: None,
        method: "POST".to_owned(),
        target: target.to_owned(),
        headers: Vec::new(),
        body: None,
        placeholders: Vec::new(),
        step: None,
        intent: None,
        delivery: None,
    }
}

/// A delivery of the nth message about a user.
pub(crate) fn delivered(user: &str, nth: u64) -> Request {
    let message = Delivered {
        id: format!("id-of-{user}-{nth}"),
        user: user.to_owned(),
        user_id: format!("vendors-{user}"),
        kind: "transport".to_owned(),
        at: Timestamp::from_millis(1000 * i64::try_from(nth).unwrap()),
        nth,
    };
    let delivery = Delivery { credentials: Credentials::Valid, test: false, app_id: None, messages: vec![message] };
    Request { delivery: Some(delivery), ..request(Leg::VendorToBackend, "/webhook") }
}

/// Messages about a user, delivered one after another, each of which is accepted.
pub(crate) fn taken(story: &mut Story, user: &str, messages: &[u64]) {
    for nth in messages {
        story.deliver(delivered(user, *nth), 200, Some(ReplyName::MessageKept));
    }
}

/// A probe for a user, and its answer.
pub(crate) fn probed(story: &mut Story, user: &str, shown: &str) {
    let intent = AppIntent { call: "probe".to_owned(), ..wish(user) };
    let asked = story.send(Request { intent: Some(intent), ..request(Leg::HarnessToBackend, "/inbox") });
    story.answer(asked, handed(shown));
}

/// The vendor's answer with a credential.
pub(crate) fn issued(credential: &str) -> Response {
    Response {
        reply: Some(ReplyName::CredentialIssued),
        body: Some(body(&format!("{{\"token\":\"{credential}\"}}"))),
        ..response(200)
    }
}

/// A refusal with a body and an exchange id of its own.
pub(crate) fn refused(reply: ReplyName) -> Response {
    let mut fields = Map::new();
    fields.insert(Field::ExchangeId.to_string(), "exchange-4711".into());
    Response {
        reply: Some(reply),
        fields,
        body: Some(body(&format!("{{\"error\":\"{reply}\",\"id\":\"exchange-4711\"}}"))),
        ..response(reply.usual_status())
    }
}

/// The backend's answer that hands out a credential.
pub(crate) fn handed(value: &str) -> Response {
    Response {
        headers: vec![("cache-control".to_owned(), "no-store".to_owned())],
        body: Some(body(&format!("{{\"token\":\"{value}\"}}"))),
        outcome: Some(AppOutcome { success: true, value: Some(value.to_owned()) }),
        ..response(200)
    }
}

/// The backend's answer that it failed.
pub(crate) fn failed(status: u16, text: &str) -> Response {
    Response { body: Some(body(text)), outcome: Some(AppOutcome { success: false, value: None }), ..response(status) }
}

pub(crate) fn response(status: u16) -> Response {
    Response {
        exchange: 0,
        status,
        headers: Vec::new(),
        body: None,
        placeholders: Vec::new(),
        reply: None,
        fields: Map::new(),
        fault: None,
        fate: Fate::Delivered,
        outcome: None,
    }
}

pub(crate) fn body(text: &str) -> Body {
    Body { text: text.to_owned(), bytes: text.len(), gzip: false, base64: false, truncated: false }
}

fn placeholders(target: Option<&str>, headers: &[(String, String)], body: Option<&Body>) -> Vec<Placeholder> {
    let url = target.into_iter().flat_map(|text| labels(text, &MessagePart::Url));
    let fields = headers.iter().flat_map(|(name, text)| labels(text, &MessagePart::Header(name.clone())));
    let body = body.into_iter().flat_map(|body| labels(&body.text, &MessagePart::Body));
    url.chain(fields).chain(body).collect()
}

fn labels(text: &str, place: &MessagePart) -> Vec<Placeholder> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '#')));
    let labels = words.filter(|word| word.contains('#'));
    labels.map(|label| Placeholder { label: label.to_owned(), place: place.clone(), encoding: Vec::new() }).collect()
}
