//! The engine, with one call after the other.

use standin_contracts::contract::TokenFormat;
use standin_contracts::protocol::{
    Access, ActiveDevices, Call, CommandName, Dedupe, Field, Fields, Guard, KeyKind, Malformed, Millis, ProofState,
    Reply, ReplyName, Timestamp,
};
use standin_mock_server::engine::{ClientKey, Engine, KeyRing, KeyState, Policy, Scopes, ServerKey};

pub(crate) fn policy() -> Policy {
    Policy {
        credential_lifetime: Millis::from_secs(600),
        credential_step: Millis::new(1),
        single_use: true,
        session_lifetime: Millis::from_secs(3600),
        session_step: Millis::new(1),
        session_format: TokenFormat::Hex(32),
        hands_out_refresh: true,
        ended_by_reset: true,
        active_devices: ActiveDevices::Many,
        dedupe: Dedupe::Batch,
        most_items: 3,
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

fn mint(random: [u8; 32], _: &Fields) -> String {
    TokenFormat::Hex(64).make(random)
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
    for model in [&mut engine, &mut fork] {
        assert_eq!(ask(model, 1, CommandName::CreateUser, vec![], redeem.clone()).name, ReplyName::UserCreated);
        assert_eq!(ask(model, 2, CommandName::CreateUser, vec![], redeem.clone()).name, ReplyName::CredentialSpent);
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
fn keys_of_two_apps_do_not_open_a_call_together() {
    let mut engine = Engine::new(policy(), 8);
    let mut keys = keys();
    keys.client.push(ClientKey { app_id: Some("app-2".to_owned()), ..ClientKey::new("app-of-2", "client_key#2") });
    let mut ask = |client: &str, app: &str| {
        let guard = |kind, sent: &str| Guard { kind, sent: Some(sent.to_owned()), scopes: vec![] };
        let access = vec![vec![guard(KeyKind::Server, "narrow"), guard(KeyKind::Client, client)]];
        let fields = Fields::new().with(Field::ExternalId, "ann").with(Field::AppId, app);
        let call = Call { command: CommandName::RegisterUser, access, input: Ok(fields), proof: ProofState::NotAsked };
        engine.apply(Timestamp::from_millis(0), &keys, &call, &mint).name
    };
    assert_eq!(ask("app", "app-1"), ReplyName::UserRegistered);
    // The client key belongs to no app, and does not lift the limit to the server key's app.
    assert_eq!(ask("app", "app-2"), ReplyName::KeyOfOtherApp);
    assert_eq!(ask("app-of-2", "app-2"), ReplyName::KeyOfOtherApp);
}

#[test]
fn a_key_inside_an_app_that_is_good_no_more_opens_nothing() {
    let mut engine = Engine::new(policy(), 8);
    let refusals = [
        (KeyState::Revoked, ReplyName::KeyRevoked),
        (KeyState::Expired, ReplyName::KeyExpired),
        (KeyState::WithoutScope, ReplyName::KeyLacksScope),
        (KeyState::Valid, ReplyName::UserRegistered),
    ];
    for (state, expected) in refusals {
        let mut keys = keys();
        keys.client[0].state = state;
        let input = Ok(Fields::new().with(Field::ExternalId, "ann"));
        let access = by(KeyKind::Client, "app");
        let call = Call { command: CommandName::RegisterUser, access, input, proof: ProofState::NotAsked };
        assert_eq!(engine.apply(Timestamp::from_millis(0), &keys, &call, &mint).name, expected, "{state:?}");
    }
}

#[test]
fn what_ends_ends_at_the_second_that_the_vendor_can_tell() {
    let step = Millis::from_secs(1);
    let mut engine = Engine::new(Policy { credential_step: step, session_step: step, ..policy() }, 14);
    let issued =
        ask(&mut engine, 999, CommandName::IssueCredential, vec![], Fields::new().with(Field::ExternalId, "a"));
    assert_eq!(issued.fields.time(&Field::ExpiresAt), Some(Timestamp::from_millis(600_000)));
    let redeem = || Fields::new().with(Field::Credential, issued.fields.text(&Field::Credential).unwrap());
    let late = ask(&mut engine, 600_000, CommandName::CreateUser, vec![], redeem());
    assert_eq!(late.name, ReplyName::CredentialExpired);
    let made = ask(&mut engine, 599_999, CommandName::CreateUser, vec![], redeem());
    assert_eq!(made.fields.time(&Field::ExpiresAt), Some(Timestamp::from_millis(4_199_000)));
}

#[test]
fn a_credential_that_is_minted_twice_is_still_redeemed_once() {
    let mut engine = Engine::new(policy(), 15);
    let mut ask = |command, fields| {
        let call = Call { command, access: vec![], input: Ok(fields), proof: ProofState::NotAsked };
        engine.apply(Timestamp::from_millis(0), &keys(), &call, &|_, _| "same".to_owned()).name
    };
    let mut issue_and_redeem = || {
        ask(CommandName::IssueCredential, Fields::new().with(Field::ExternalId, "ann"));
        ask(CommandName::CreateUser, Fields::new().with(Field::Credential, "same"))
    };
    assert_eq!([issue_and_redeem(), issue_and_redeem()], [ReplyName::UserCreated, ReplyName::CredentialSpent]);
}

#[test]
fn a_session_is_over_at_the_moment_at_which_it_ends() {
    let mut engine = Engine::new(policy(), 17);
    let made = ask(&mut engine, 0, CommandName::CreateUser, vec![], Fields::new());
    let session = || by(KeyKind::Session, made.fields.text(&Field::Session).unwrap());
    let mut erase = |at| ask(&mut engine, at, CommandName::EraseUser, session(), Fields::new()).name;
    assert_eq!(erase(3_600_000), ReplyName::SessionExpired);
    assert_eq!(erase(3_599_999), ReplyName::UserErased);
}

#[test]
fn an_install_that_was_switched_off_has_no_session_left() {
    let mut engine = Engine::new(policy(), 16);
    let create = Fields::new().with(Field::InstallId, "i-1");
    let made = ask(&mut engine, 0, CommandName::CreateUser, vec![], create.clone());
    let session = |made: &Reply| by(KeyKind::Session, made.fields.text(&Field::Session).unwrap());
    assert!(engine.disable_install("i-1"));
    let erase =
        |engine: &mut Engine, made: &Reply| ask(engine, 0, CommandName::EraseUser, session(made), Fields::new()).name;
    assert_eq!(erase(&mut engine, &made), ReplyName::SessionWasEnded);
    let again = ask(&mut engine, 0, CommandName::CreateUser, vec![], create);
    assert_eq!(erase(&mut engine, &made), ReplyName::SessionWasEnded);
    assert_eq!(erase(&mut engine, &again), ReplyName::UserErased);
}

#[test]
fn an_install_that_was_switched_off_is_not_linked() {
    let mut engine = Engine::new(policy(), 9);
    ask(&mut engine, 0, CommandName::CreateUser, vec![], Fields::new().with(Field::InstallId, "i-1"));
    assert!(engine.disable_install("i-1"));
    assert!(!engine.disable_install("i-2"));
    let link = Fields::new().with(Field::InstallId, "i-1").with(Field::ExternalId, "ann");
    assert_eq!(ask(&mut engine, 0, CommandName::LinkInstall, vec![], link.clone()).name, ReplyName::InstallDisabled);
    ask(&mut engine, 0, CommandName::CreateUser, vec![], Fields::new().with(Field::InstallId, "i-1"));
    assert_eq!(ask(&mut engine, 0, CommandName::LinkInstall, vec![], link).name, ReplyName::InstallLinked);
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
    let case = [(0, ReplyName::ReadPending), (19_999, ReplyName::ReadPending), (20_000, ReplyName::ReadComplete)];
    for (at, expected) in
        case.into_iter().chain([(119_999, ReplyName::ReadComplete), (120_000, ReplyName::ReadPending)])
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
