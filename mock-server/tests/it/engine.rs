//! The engine's invariants, under any sequence of calls.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use standin_contracts::contract::TokenFormat;
use standin_contracts::protocol::{
    Access, Call, CommandName, Field, Fields, Guard, KeyKind, Malformed, Millis, ProofState, Reply, ReplyName,
    Timestamp,
};
use standin_mock_server::engine::{ClientKey, Engine, KeyRing, KeyState, Policy, Scopes, ServerKey};

const LIFETIME: u64 = 600;

fn policy() -> Policy {
    Policy {
        credential_lifetime: Millis::from_secs(LIFETIME),
        single_use: true,
        session_lifetime: Millis::from_secs(3600),
        session_format: TokenFormat::Hex(32),
        user_id_format: TokenFormat::Uuid,
        ready_after: Millis::from_secs(20),
        ready_for: Millis::from_secs(100),
    }
}

fn keys() -> KeyRing {
    let mut narrow = ServerKey::new("narrow", "server_key#2");
    narrow.scopes = Scopes::Only(["link".to_owned()].into());
    narrow.app_id = Some("app-1".to_owned());
    let mut revoked = ServerKey::new("revoked", "server_key#3");
    revoked.state = KeyState::Revoked;
    let server = vec![ServerKey::new("good", "server_key#1"), narrow, revoked];
    KeyRing { server, client: vec![ClientKey::new("app", "client_key#1")] }
}

/// A step of a course: how much later, and what is asked. A redemption picks one of the credentials issued so far.
#[derive(Debug, Clone)]
struct Move {
    later: u64,
    call: Call,
    credential: Option<prop::sample::Index>,
    session: Option<prop::sample::Index>,
    user: Option<prop::sample::Index>,
}

fn small(prefix: &'static str) -> impl Strategy<Value = String> {
    (0..4_u8).prop_map(move |number| format!("{prefix}-{number}"))
}

fn guard() -> impl Strategy<Value = Guard> {
    let kind = prop::sample::select(KeyKind::ALL);
    let sent =
        option::weighted(0.9, prop::sample::select(vec!["good", "good", "good", "narrow", "revoked", "app", "bad"]));
    let scopes = prop::sample::select(vec![vec![], vec!["link".to_owned()], vec!["other".to_owned()]]);
    (kind, sent, scopes).prop_map(|(kind, sent, scopes)| Guard { kind, sent: sent.map(str::to_owned), scopes })
}

fn fields() -> impl Strategy<Value = Fields> {
    (
        option::weighted(0.7, small("ann")),
        option::weighted(0.7, small("install")),
        option::of(small("device")),
        option::weighted(0.2, small("app")),
        option::of(any::<bool>()),
    )
        .prop_map(|(external, install, device, app, sms)| {
            let texts = [
                (Field::ExternalId, external),
                (Field::InstallId, install),
                (Field::DeviceId, device),
                (Field::AppId, app),
            ];
            let mut fields: Fields =
                texts.into_iter().filter_map(|(field, text)| Some((field, text?.into()))).collect();
            if let Some(sms) = sms {
                fields.set(Field::Permission("sms".to_owned()), sms);
            }
            fields
        })
}

fn call() -> impl Strategy<Value = Call> {
    let input = prop_oneof![
        9 => fields().prop_map(Ok),
        1 => Just(Err(Malformed::TooLarge { limit: 1 })),
    ];
    let access = prop_oneof![2 => Just(vec![]), 3 => vec(vec(guard(), 0..3), 0..3)];
    let proof = prop::sample::select(vec![ProofState::NotAsked, ProofState::Valid, ProofState::Invalid]);
    (prop::sample::select(CommandName::ALL), access, input, proof).prop_map(|(command, access, input, proof)| Call {
        command,
        access,
        input,
        proof,
    })
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = (
        prop_oneof![Just(0), 0..LIFETIME * 1000, Just(LIFETIME * 1000)],
        call(),
        option::weighted(0.7, any::<prop::sample::Index>()),
        option::of(any::<prop::sample::Index>()),
        option::of(any::<prop::sample::Index>()),
    )
        .prop_map(|(later, call, credential, session, user)| Move { later, call, credential, session, user });
    vec(one, 0..60)
}

/// What was heard so far, from which later calls pick.
#[derive(Default)]
struct Heard {
    credentials: Vec<String>,
    expiries: BTreeMap<String, Timestamp>,
    sessions: Vec<String>,
    users: Vec<String>,
}

impl Heard {
    fn complete(&self, step: &Move) -> Call {
        let mut call = step.call.clone();
        if let Ok(fields) = &mut call.input {
            if let (CommandName::CreateUser, Some(pick), false) =
                (call.command, &step.credential, self.credentials.is_empty())
            {
                fields.set(Field::Credential, pick.get(&self.credentials).as_str());
            }
            if let (CommandName::EraseUser | CommandName::IssueCredential, Some(pick), false) =
                (call.command, &step.user, self.users.is_empty())
            {
                fields.set(Field::UserId, pick.get(&self.users).as_str());
            }
        }
        if let (Some(pick), false) = (&step.session, self.sessions.is_empty()) {
            let token = pick.get(&self.sessions);
            call.access.iter_mut().flatten().for_each(|guard: &mut Guard| guard.sent = Some(token.clone()));
        }
        call
    }

    fn hear(&mut self, reply: &Reply) {
        if let Some(credential) = reply.fields.text(&Field::Credential) {
            self.credentials.push(credential.to_owned());
            self.expiries.insert(credential.to_owned(), reply.fields.time(&Field::ExpiresAt).unwrap());
        }
        self.sessions.extend(reply.fields.text(&Field::Session).map(str::to_owned));
        self.users.extend(reply.fields.text(&Field::UserId).map(str::to_owned));
    }
}

fn mint(random: [u8; 32], _: &Fields) -> String {
    TokenFormat::Hex(64).make(random)
}

/// Runs a course; every call with its time and reply.
fn run(engine: &mut Engine, moves: &[Move]) -> Vec<(Timestamp, Call, Reply)> {
    let (keys, mut heard, mut now) = (keys(), Heard::default(), Timestamp::from_millis(0));
    let mut said = Vec::new();
    for step in moves {
        now = now.after(Millis::new(step.later));
        let call = heard.complete(step);
        let reply = engine.apply(now, &keys, &call, &mint);
        heard.hear(&reply);
        said.push((now, call, reply));
    }
    said
}

proptest! {
    #[test]
    fn a_single_use_credential_is_redeemed_at_most_once_and_never_at_its_expiry(moves in moves()) {
        let mut redeemed = BTreeMap::new();
        let mut expiries = BTreeMap::new();
        for (now, call, reply) in run(&mut Engine::new(policy(), 1), &moves) {
            if let (Some(credential), Some(end)) = (reply.fields.text(&Field::Credential), reply.fields.time(&Field::ExpiresAt)) {
                expiries.insert(credential.to_owned(), end);
            }
            let sent = call.input.as_ref().ok().and_then(|fields| fields.text(&Field::Credential));
            if let (Some(sent), ReplyName::UserCreated | ReplyName::UserRestored) = (sent, reply.name) {
                *redeemed.entry(sent.to_owned()).or_insert(0) += 1;
                prop_assert!(now < expiries[sent]);
            }
        }
        prop_assert!(redeemed.values().all(|times| *times == 1), "{redeemed:?}");
    }

    #[test]
    fn an_external_id_stands_for_one_user_until_that_user_is_erased(moves in moves()) {
        let mut users: BTreeMap<String, String> = BTreeMap::new();
        for (_, _, reply) in run(&mut Engine::new(policy(), 2), &moves) {
            if reply.name == ReplyName::UserErased {
                let erased = reply.fields.text(&Field::UserId).unwrap().to_owned();
                users.retain(|_, user| *user != erased);
            }
            let names = (reply.fields.text(&Field::ExternalId), reply.fields.text(&Field::UserId));
            if let (Some(external), Some(user), false) = (names.0, names.1, reply.name == ReplyName::UserErased) {
                let known = users.entry(external.to_owned()).or_insert_with(|| user.to_owned());
                prop_assert_eq!(known.as_str(), user);
            }
        }
    }

    #[test]
    fn the_same_seed_and_the_same_course_make_the_same_state(moves in moves(), seed: u64, cut: prop::sample::Index) {
        let mut engine = Engine::new(policy(), seed);
        let before = run(&mut engine, &moves[..cut.index(moves.len() + 1)]);
        let snapshot = engine.clone();
        let mut again = Engine::new(policy(), seed);
        prop_assert_eq!(run(&mut again, &moves[..before.len()]), before);
        prop_assert_eq!(&again, &snapshot);
        run(&mut engine, &moves);
        run(&mut again, &moves);
        prop_assert_eq!(engine, again);
    }

    #[test]
    fn a_refusal_changes_nothing_that_later_answers_could_show(moves in moves()) {
        let mut engine = Engine::new(policy(), 3);
        let said = run(&mut engine, &moves);
        let mut without = Engine::new(policy(), 3);
        let keys = keys();
        for (now, call, reply) in &said {
            if !reply.name.is_refusal() {
                let name = without.apply(*now, &keys, call, &mint).name;
                // Ids differ, since refusals draw one too; what was done is the same unless a call names such an id.
                let named = call.input.as_ref().is_ok_and(|fields| {
                    fields.text(&Field::Credential).is_some() || fields.text(&Field::UserId).is_some()
                });
                let by_session = call.access.iter().flatten().any(|guard| guard.kind == KeyKind::Session);
                if named || by_session {
                    return Ok(());
                }
                prop_assert_eq!(name, reply.name);
            }
        }
    }

    #[test]
    fn a_reply_belongs_to_its_command(moves in moves()) {
        for (_, call, reply) in run(&mut Engine::new(policy(), 4), &moves) {
            prop_assert!(reply.name.is_refusal() || call.command.own_replies().contains(&reply.name));
            prop_assert!(reply.fields.text(&Field::ExchangeId).is_some() && reply.fields.time(&Field::RequestedAt).is_some());
        }
    }
}

fn ask(engine: &mut Engine, at: i64, command: CommandName, access: Vec<Access>, fields: Fields) -> Reply {
    let call = Call { command, access, input: Ok(fields), proof: ProofState::NotAsked };
    engine.apply(Timestamp::from_millis(at), &keys(), &call, &mint)
}

fn by(kind: KeyKind, sent: &str) -> Vec<Access> {
    vec![vec![Guard { kind, sent: Some(sent.to_owned()), scopes: vec![] }]]
}

#[test]
fn a_snapshot_is_a_value_that_goes_its_own_way() {
    let mut engine = Engine::new(policy(), 5);
    let ann = Fields::new().with(Field::ExternalId, "ann");
    let issued = ask(&mut engine, 0, CommandName::IssueCredential, vec![], ann);
    let mut fork = engine.clone();
    let redeem = Fields::new().with(Field::Credential, issued.fields.text(&Field::Credential).unwrap());
    for world in [&mut engine, &mut fork] {
        assert_eq!(ask(world, 1, CommandName::CreateUser, vec![], redeem.clone()).name, ReplyName::UserCreated);
        assert_eq!(ask(world, 2, CommandName::CreateUser, vec![], redeem.clone()).name, ReplyName::CredentialSpent);
    }
    assert_eq!(engine, fork);
}

#[test]
fn of_several_alternatives_the_refusal_that_got_furthest_is_told() {
    let mut engine = Engine::new(policy(), 6);
    let alternatives = |server: Option<&str>, session: Option<&str>| {
        [(KeyKind::Server, server), (KeyKind::Session, session)]
            .map(|(kind, sent)| vec![Guard { kind, sent: sent.map(str::to_owned), scopes: vec![] }])
            .to_vec()
    };
    let mut refusal = |access| ask(&mut engine, 0, CommandName::RegisterUser, access, Fields::new()).name;
    assert_eq!(refusal(alternatives(None, None)), ReplyName::KeyMissing);
    assert_eq!(refusal(alternatives(None, Some("x"))), ReplyName::SessionUnknown);
    assert_eq!(refusal(alternatives(Some("revoked"), Some("x"))), ReplyName::KeyRevoked);
    assert_eq!(refusal(alternatives(Some("good"), None)), ReplyName::Malformed);
}

#[test]
fn a_bad_request_with_a_bad_key_is_refused_for_its_key() {
    let mut engine = Engine::new(policy(), 7);
    let call = Call {
        command: CommandName::IssueCredential,
        access: by(KeyKind::Server, "bad"),
        input: Err(Malformed::TooLarge { limit: 1 }),
        proof: ProofState::Invalid,
    };
    assert_eq!(engine.apply(Timestamp::from_millis(0), &keys(), &call, &mint).name, ReplyName::KeyUnknown);
}

#[test]
fn a_key_of_another_app_opens_neither_the_call_nor_the_install() {
    let mut engine = Engine::new(policy(), 8);
    let install = Fields::new().with(Field::InstallId, "i-1").with(Field::AppId, "app-2");
    ask(&mut engine, 0, CommandName::CreateUser, vec![], install);
    let narrow = || by(KeyKind::Server, "narrow");
    let link = Fields::new().with(Field::InstallId, "i-1").with(Field::ExternalId, "ann");
    let linked = ask(&mut engine, 0, CommandName::LinkInstall, narrow(), link.clone());
    assert_eq!(linked.name, ReplyName::InstallOfOtherApp);
    let other = ask(&mut engine, 0, CommandName::LinkInstall, narrow(), link.with(Field::AppId, "app-2"));
    assert_eq!(other.name, ReplyName::KeyOfOtherApp);
}

#[test]
fn an_install_that_was_switched_off_is_not_linked() {
    let mut engine = Engine::new(policy(), 9);
    ask(&mut engine, 0, CommandName::CreateUser, vec![], Fields::new().with(Field::InstallId, "i-1"));
    assert!(engine.disable_install("i-1"));
    assert!(!engine.disable_install("i-2"));
    let link = Fields::new().with(Field::InstallId, "i-1").with(Field::ExternalId, "ann");
    assert_eq!(ask(&mut engine, 0, CommandName::LinkInstall, vec![], link).name, ReplyName::InstallDisabled);
}

#[test]
fn a_result_is_pending_then_complete_then_made_anew() {
    let mut engine = Engine::new(policy(), 10);
    let ann = || Fields::new().with(Field::ExternalId, "ann");
    let read = |engine: &mut Engine, at| ask(engine, at, CommandName::ReadBack, vec![], ann()).name;
    assert_eq!(read(&mut engine, 0), ReplyName::UserUnknown);
    ask(&mut engine, 0, CommandName::RegisterUser, vec![], ann());
    assert_eq!(read(&mut engine, 0), ReplyName::ReadEmpty);
    let create = ann().with(Field::DeviceId, "d");
    ask(&mut engine, 0, CommandName::CreateUser, by(KeyKind::Client, "app"), create);
    let course = [(0, ReplyName::ReadPending), (19_999, ReplyName::ReadPending), (20_000, ReplyName::ReadComplete)];
    for (at, expected) in
        course.into_iter().chain([(119_999, ReplyName::ReadComplete), (120_000, ReplyName::ReadPending)])
    {
        assert_eq!(read(&mut engine, at), expected, "at {at}");
    }
}

#[test]
fn several_users_of_one_device_have_an_install_each() {
    let mut engine = Engine::new(policy(), 11);
    let create = |engine: &mut Engine, user: &str| {
        let fields = Fields::new().with(Field::ExternalId, user).with(Field::DeviceId, "d");
        ask(engine, 0, CommandName::CreateUser, by(KeyKind::Client, "app"), fields)
    };
    let replies = ["ann", "bob", "ann"].map(|user| create(&mut engine, user));
    let names = replies.clone().map(|reply| reply.name);
    assert_eq!(names, [ReplyName::UserCreated, ReplyName::UserCreated, ReplyName::UserRestored]);
    let installs = replies.map(|reply| reply.fields.text(&Field::InstallId).unwrap().to_owned());
    assert_eq!(installs[0], installs[2]);
    assert_ne!(installs[0], installs[1]);
}

#[test]
fn an_erased_user_leaves_nothing_that_speaks_for_it() {
    let mut engine = Engine::new(policy(), 12);
    let ann = || Fields::new().with(Field::ExternalId, "ann");
    let issued = ask(&mut engine, 0, CommandName::IssueCredential, vec![], ann());
    let made =
        ask(&mut engine, 0, CommandName::CreateUser, by(KeyKind::Client, "app"), ann().with(Field::DeviceId, "d"));
    let user = made.fields.text(&Field::UserId).unwrap();
    let erase = || Fields::new().with(Field::UserId, user);
    assert_eq!(ask(&mut engine, 1, CommandName::EraseUser, vec![], erase()).name, ReplyName::UserErased);
    assert_eq!(ask(&mut engine, 1, CommandName::EraseUser, vec![], erase()).name, ReplyName::UserWasErased);
    let session = by(KeyKind::Session, made.fields.text(&Field::Session).unwrap());
    assert_eq!(ask(&mut engine, 2, CommandName::EraseUser, session, Fields::new()).name, ReplyName::UserWasErased);
    let credential = Fields::new().with(Field::Credential, issued.fields.text(&Field::Credential).unwrap());
    assert_eq!(ask(&mut engine, 2, CommandName::CreateUser, vec![], credential).name, ReplyName::UserWasErased);
    let anew = ask(&mut engine, 3, CommandName::RegisterUser, vec![], ann());
    assert_ne!(anew.fields.text(&Field::UserId), Some(user));
}

#[test]
fn an_install_holds_one_user_at_a_time() {
    let mut engine = Engine::new(policy(), 13);
    let redeem = |engine: &mut Engine, user: &str| {
        let issued = ask(engine, 0, CommandName::IssueCredential, vec![], Fields::new().with(Field::ExternalId, user));
        let credential = issued.fields.text(&Field::Credential).unwrap();
        let fields = Fields::new().with(Field::Credential, credential).with(Field::InstallId, "i-1");
        ask(engine, 0, CommandName::CreateUser, vec![], fields).name
    };
    assert_eq!(redeem(&mut engine, "ann"), ReplyName::UserCreated);
    assert_eq!(redeem(&mut engine, "ann"), ReplyName::UserRestored);
    assert_eq!(redeem(&mut engine, "bob"), ReplyName::InstallHasOtherUser);
}
