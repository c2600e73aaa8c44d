//! The engine with one user's installs: sessions, batches, and the devices that are deactivated.

use standin_contracts::contract::TokenFormat;
use standin_contracts::protocol::{
    Access, ActiveDevices, Call, CommandName, Dedupe, Field, FieldValue, Fields, Guard, KeyKind, ProofState, Reply,
    ReplyName, Timestamp,
};
use standin_mock_server::engine::{Engine, KeyRing, Policy};

use crate::engine::policy;

/// An engine that gets one call after the other.
struct EngineDriver(Engine);

impl EngineDriver {
    fn new(policy: Policy) -> Self {
        Self(Engine::new(policy, 1))
    }

    fn ask(&mut self, at: i64, command: CommandName, access: Vec<Access>, fields: Fields) -> Reply {
        let call = Call { command, access, input: Ok(fields), proof: ProofState::NotAsked };
        let mint = |random, _: &Fields| TokenFormat::Hex(64).make(random);
        self.0.apply(Timestamp::from_millis(at), &KeyRing::of("server", "app"), &call, &mint)
    }

    /// Signs Ann in on an install, with a credential of her own.
    fn sign_in(&mut self, install: &str, kind: &str) -> Reply {
        let ann = Fields::new().with(Field::ExternalId, "ann");
        let issued = self.ask(0, CommandName::IssueCredential, vec![], ann);
        let fields = Fields::new()
            .with(Field::Credential, text(&issued, Field::Credential))
            .with(Field::InstallId, install)
            .with(Field::DeviceKind, kind);
        self.ask(0, CommandName::CreateUser, vec![], fields)
    }

    fn by_session(&mut self, session: &Reply, command: CommandName, fields: Fields) -> Reply {
        let sent = Some(text(session, Field::Session).to_owned());
        self.ask(0, command, vec![vec![Guard { kind: KeyKind::Session, sent, scopes: vec![] }]], fields)
    }

    fn submit(&mut self, session: &Reply, batch: &str, items: &[&str]) -> Reply {
        let items = items.iter().map(|id| Fields::new().with(Field::ItemId, *id)).collect();
        let mut fields = Fields::new().with(Field::BatchId, batch);
        fields.set(Field::Items, FieldValue::List(items));
        self.by_session(session, CommandName::SubmitBatch, fields)
    }

    fn refresh(&mut self, at: i64, session: &Reply) -> Reply {
        let fields = Fields::new().with(Field::Refresh, text(session, Field::Refresh));
        self.ask(at, CommandName::RefreshSession, vec![], fields)
    }
}

fn text(reply: &Reply, field: Field) -> &str {
    reply.fields.text(&field).unwrap()
}

fn accepted(reply: &Reply) -> Vec<String> {
    match reply.fields.get(&Field::Accepted) {
        Some(FieldValue::Texts(ids)) => ids.clone(),
        other => panic!("{other:?}"),
    }
}

fn of(devices: ActiveDevices) -> EngineDriver {
    EngineDriver::new(Policy { active_devices: devices, ..policy() })
}

#[test]
fn a_refresh_token_outlives_its_session_and_is_good_once() {
    let mut driver = EngineDriver::new(policy());
    let made = driver.sign_in("phone", "phone");
    let renewed = driver.refresh(10_000_000, &made);
    assert_eq!(renewed.name, ReplyName::SessionRefreshed);
    assert_eq!(text(&renewed, Field::InstallId), "phone");
    assert_ne!(text(&renewed, Field::Session), text(&made, Field::Session));
    assert_eq!(driver.refresh(10_000_000, &made).name, ReplyName::SessionWasEnded);
    assert_eq!(driver.submit(&made, "b", &[]).name, ReplyName::SessionWasEnded);
    assert_eq!(driver.submit(&renewed, "b", &[]).name, ReplyName::BatchAccepted);
}

#[test]
fn a_session_without_a_refresh_token_renews_itself() {
    let mut driver = EngineDriver::new(Policy { hands_out_refresh: false, ..policy() });
    let made = driver.sign_in("phone", "phone");
    assert_eq!(made.fields.text(&Field::Refresh), None);
    let renewed = driver.by_session(&made, CommandName::RefreshSession, Fields::new());
    assert_eq!(renewed.name, ReplyName::SessionRefreshed);
    let again = driver.by_session(&made, CommandName::RefreshSession, Fields::new());
    assert_eq!(again.name, ReplyName::SessionWasEnded);
}

#[test]
fn one_session_is_not_renewed_by_the_refresh_token_of_another() {
    let mut driver = EngineDriver::new(policy());
    let (one, other) = (driver.sign_in("one", "phone"), driver.sign_in("other", "phone"));
    let fields = Fields::new().with(Field::Refresh, text(&other, Field::Refresh));
    assert_eq!(driver.by_session(&one, CommandName::RefreshSession, fields).name, ReplyName::SessionUnknown);
    assert_eq!(driver.refresh(0, &other).name, ReplyName::SessionRefreshed);
}

#[test]
fn a_batch_that_comes_again_is_answered_as_the_first_time_whatever_is_in_it() {
    let mut driver = EngineDriver::new(policy());
    let made = driver.sign_in("phone", "phone");
    assert_eq!(driver.submit(&made, "b", &["i-1", "i-2"]).name, ReplyName::BatchAccepted);
    let again = driver.submit(&made, "b", &["i-3"]);
    assert_eq!(again.name, ReplyName::BatchAlreadyAccepted);
    assert_eq!(accepted(&again), ["i-1", "i-2"]);
    assert_eq!(driver.0.items_kept("phone"), 2);
}

#[test]
fn a_batch_that_is_too_large_leaves_nothing_and_its_id_free() {
    let mut driver = EngineDriver::new(policy());
    let made = driver.sign_in("phone", "phone");
    assert_eq!(driver.submit(&made, "b", &["i-1", "i-2", "i-3", "i-4"]).name, ReplyName::BatchTooLarge);
    assert_eq!(driver.0.items_kept("phone"), 0);
    assert_eq!(driver.submit(&made, "b", &["i-1"]).name, ReplyName::BatchAccepted);
}

#[test]
fn a_batch_is_known_again_for_its_own_install_only() {
    let mut driver = EngineDriver::new(policy());
    let (one, other) = (driver.sign_in("one", "phone"), driver.sign_in("other", "phone"));
    for session in [&one, &other] {
        assert_eq!(driver.submit(session, "b", &["i-1"]).name, ReplyName::BatchAccepted);
    }
}

#[test]
fn items_that_are_known_again_are_kept_once_in_whatever_batch_they_come() {
    let mut driver = EngineDriver::new(Policy { dedupe: Dedupe::Item, ..policy() });
    let made = driver.sign_in("phone", "phone");
    assert_eq!(driver.submit(&made, "b-1", &["i-1", "i-2"]).name, ReplyName::BatchAccepted);
    assert_eq!(driver.submit(&made, "b-2", &["i-2", "i-1"]).name, ReplyName::BatchAlreadyAccepted);
    assert_eq!(driver.submit(&made, "b-1", &["i-2", "i-3"]).name, ReplyName::BatchAccepted);
    assert_eq!(driver.0.items_kept("phone"), 3);
}

#[test]
fn of_more_items_than_are_taken_at_once_the_first_are_kept_and_told() {
    let mut driver = EngineDriver::new(Policy { dedupe: Dedupe::Item, ..policy() });
    let made = driver.sign_in("phone", "phone");
    let partial = driver.submit(&made, "b", &["i-1", "i-2", "i-3", "i-4"]);
    assert_eq!(partial.name, ReplyName::BatchPartial);
    assert_eq!(accepted(&partial), ["i-1", "i-2", "i-3"]);
    assert_eq!(driver.submit(&made, "b", &["i-4"]).name, ReplyName::BatchAccepted);
}

#[test]
fn an_item_without_an_id_makes_a_batch_malformed_and_nothing_of_it_is_kept() {
    let mut driver = EngineDriver::new(Policy { dedupe: Dedupe::Item, ..policy() });
    let made = driver.sign_in("phone", "phone");
    let mut fields = Fields::new();
    fields.set(Field::Items, FieldValue::List(vec![Fields::new().with(Field::ItemId, "i-1"), Fields::new()]));
    assert_eq!(driver.by_session(&made, CommandName::SubmitBatch, fields).name, ReplyName::Malformed);
    assert_eq!(driver.0.items_kept("phone"), 0);
}

#[test]
fn where_one_device_is_active_the_one_before_is_deactivated_until_it_signs_in_again() {
    let mut driver = of(ActiveDevices::One);
    let first = driver.sign_in("first", "phone");
    let second = driver.sign_in("second", "tablet");
    assert_eq!(driver.submit(&first, "b", &[]).name, ReplyName::InstallDeactivated);
    assert_eq!(driver.refresh(0, &first).name, ReplyName::InstallDeactivated);
    assert_eq!(driver.submit(&second, "b", &[]).name, ReplyName::BatchAccepted);
    let again = driver.sign_in("first", "phone");
    assert_eq!(driver.submit(&again, "b", &[]).name, ReplyName::BatchAccepted);
    assert_eq!(driver.submit(&first, "b", &[]).name, ReplyName::InstallDeactivated);
    assert_eq!(driver.submit(&second, "c", &[]).name, ReplyName::InstallDeactivated);
}

#[test]
fn where_many_devices_are_active_none_gives_way() {
    let mut driver = of(ActiveDevices::Many);
    let (phone, tablet) = (driver.sign_in("phone", "phone"), driver.sign_in("tablet", "tablet"));
    for session in [&phone, &tablet] {
        assert_eq!(session.fields.get(&Field::Active), Some(&FieldValue::Flag(true)));
        assert_eq!(driver.submit(session, "b", &[]).name, ReplyName::BatchAccepted);
    }
}

#[test]
fn a_tablet_gets_a_user_that_is_disabled_while_a_phone_is_active() {
    let mut driver = of(ActiveDevices::PhoneBeforeTablet);
    let phone = driver.sign_in("phone", "phone");
    let tablet = driver.sign_in("tablet", "tablet");
    assert_eq!(tablet.name, ReplyName::UserRestored);
    assert_eq!(tablet.fields.get(&Field::Active), Some(&FieldValue::Flag(false)));
    assert_eq!(driver.submit(&tablet, "b", &[]).name, ReplyName::UserDisabled);
    assert_eq!(driver.refresh(0, &tablet).name, ReplyName::UserDisabled);
    assert_eq!(driver.submit(&phone, "b", &[]).name, ReplyName::BatchAccepted);
}

#[test]
fn a_phone_takes_the_place_of_a_tablet_and_a_phone_that_was_reset_leaves_it() {
    let mut driver = of(ActiveDevices::PhoneBeforeTablet);
    let tablet = driver.sign_in("tablet", "tablet");
    let phone = driver.sign_in("phone", "phone");
    assert_eq!(driver.submit(&tablet, "b", &[]).name, ReplyName::InstallDeactivated);
    assert_eq!(driver.by_session(&phone, CommandName::EndSession, Fields::new()).name, ReplyName::SessionEnded);
    let tablet = driver.sign_in("tablet", "tablet");
    assert_eq!(driver.submit(&tablet, "b", &[]).name, ReplyName::BatchAccepted);
}

#[test]
fn an_install_that_is_linked_to_a_user_takes_the_place_of_the_user_s_other_device() {
    let mut driver = of(ActiveDevices::One);
    let first = driver.sign_in("first", "phone");
    let second = driver.ask(0, CommandName::CreateUser, vec![], Fields::new().with(Field::InstallId, "second"));
    let link = Fields::new().with(Field::InstallId, "second").with(Field::ExternalId, "ann");
    assert_eq!(driver.ask(0, CommandName::LinkInstall, vec![], link).name, ReplyName::InstallLinked);
    assert_eq!(driver.submit(&first, "b", &[]).name, ReplyName::InstallDeactivated);
    assert_eq!(driver.submit(&second, "b", &[]).name, ReplyName::BatchAccepted);
}

#[test]
fn a_reset_ends_every_session_of_the_install_and_no_other() {
    let mut driver = EngineDriver::new(policy());
    let (older, newer) = (driver.sign_in("phone", "phone"), driver.sign_in("phone", "phone"));
    let other = driver.sign_in("other", "phone");
    assert_eq!(driver.by_session(&newer, CommandName::EndSession, Fields::new()).name, ReplyName::SessionEnded);
    for session in [&older, &newer] {
        assert_eq!(driver.submit(session, "b", &[]).name, ReplyName::SessionWasEnded);
        assert_eq!(driver.refresh(0, session).name, ReplyName::SessionWasEnded);
    }
    assert_eq!(driver.submit(&other, "b", &[]).name, ReplyName::BatchAccepted);
}

#[test]
fn a_vendor_that_only_notes_a_reset_goes_on_with_the_session() {
    let mut driver = EngineDriver::new(Policy { ended_by_reset: false, ..policy() });
    let made = driver.sign_in("phone", "phone");
    assert_eq!(driver.by_session(&made, CommandName::EndSession, Fields::new()).name, ReplyName::SessionEnded);
    assert_eq!(driver.submit(&made, "b", &[]).name, ReplyName::BatchAccepted);
}

#[test]
fn an_erased_user_leaves_nothing_of_what_it_submitted() {
    let mut driver = EngineDriver::new(policy());
    let made = driver.sign_in("phone", "phone");
    driver.submit(&made, "b", &["i-1"]);
    assert_eq!(driver.by_session(&made, CommandName::EraseUser, Fields::new()).name, ReplyName::UserErased);
    assert_eq!(driver.0.items_kept("phone"), 0);
    assert_eq!(driver.submit(&made, "b", &["i-1"]).name, ReplyName::UserWasErased);
    assert_eq!(driver.refresh(0, &made).name, ReplyName::UserWasErased);
}

#[test]
fn permissions_that_are_reported_are_listed_and_those_that_are_not_stay() {
    let mut driver = EngineDriver::new(policy());
    let made = driver.sign_in("phone", "phone");
    let allowed = |category: &str, allowed| Fields::new().with(Field::Permission(category.to_owned()), allowed);
    for fields in [allowed("location", true), allowed("sms", true), allowed("location", false)] {
        let noted = driver.by_session(&made, CommandName::ReportPermissions, fields);
        assert_eq!(noted.name, ReplyName::PermissionsNoted);
    }
    let ann = Fields::new().with(Field::ExternalId, "ann");
    let listed = driver.ask(0, CommandName::ListInstalls, vec![], ann);
    let installs = listed.fields.list(&Field::Installs);
    assert_eq!(installs[0].get(&Field::InstallPermissions), Some(&FieldValue::Texts(vec!["sms".to_owned()])));
}

#[test]
fn a_push_token_is_needed_to_register_one() {
    let mut driver = EngineDriver::new(policy());
    let made = driver.sign_in("phone", "phone");
    let mut register = |fields| driver.by_session(&made, CommandName::RegisterPush, fields).name;
    assert_eq!(register(Fields::new()), ReplyName::Malformed);
    assert_eq!(register(Fields::new().with(Field::PushToken, "fcm-1")), ReplyName::PushRegistered);
}

#[test]
fn what_takes_a_session_is_malformed_without_one_where_a_contract_forgets_to_ask() {
    let mut driver = EngineDriver::new(policy());
    for command in [
        CommandName::RefreshSession,
        CommandName::SubmitBatch,
        CommandName::ReportPermissions,
        CommandName::RegisterPush,
        CommandName::EndSession,
    ] {
        assert_eq!(driver.ask(0, command, vec![], Fields::new()).name, ReplyName::Malformed, "{command}");
    }
}
