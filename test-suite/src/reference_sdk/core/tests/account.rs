//! Users: created once, one at a time, with a credential that is sent once.

use standin_contracts::protocol::{Millis, SdkCommandName};

use super::*;

#[test]
fn nothing_is_done_before_the_app_starts() {
    let mut harness = CoreHarness::new("sentiance", Arc::new(ConformingSdk));
    assert_eq!(harness.create("credential-1"), Some(failed("not_running")));
    assert_eq!(harness.asked(), []);
}

#[test]
fn concurrent_calls_share_one_redemption_and_its_result() {
    let mut harness = CoreHarness::launched("sentiance");
    for credential in ["credential-1", "credential-2", "credential-3"] {
        assert_eq!(harness.create(credential), None);
    }
    harness.welcome("user-1", "session-1");
    let results: Vec<_> = harness.returned.split_off(&2).into_values().collect();
    assert_eq!(results.len(), 3);
    assert!(results.iter().all(|result| *result == results[0]), "{results:?}");
    assert_eq!(harness.sign_in_state(), &SignInState::SignedIn);
}

#[test]
fn a_credential_is_sent_once_whatever_became_of_it() {
    for reply in [ReplyName::CredentialExpired, ReplyName::CredentialSpent, ReplyName::CredentialUnknown] {
        let mut harness = CoreHarness::launched("sentiance");
        harness.create("credential-1");
        let request = harness.request();
        harness.reply(&request, reply);
        assert_eq!(harness.returned.get(&2).cloned(), Some(failed(reply.as_str())));
        assert_eq!(harness.create("credential-1"), Some(failed("credential_used")));
        assert_eq!((harness.asked(), harness.wake), (vec![], None), "it asks for nothing by itself");
    }
}

#[test]
fn a_lost_answer_is_reported_and_the_credential_is_never_sent_again() {
    let mut harness = CoreHarness::launched("sentiance");
    harness.create("credential-1");
    let request = harness.request();
    harness.lose(&request);
    assert_eq!(harness.returned.get(&2).cloned(), Some(failed("no_answer")));
    let mut harness = harness.killed();
    assert_eq!(harness.create("credential-1"), Some(failed("credential_used")));
    assert_eq!(harness.create("credential-2"), None);
}

#[test]
fn a_process_that_dies_while_it_redeems_never_redeems_again() {
    let mut harness = CoreHarness::launched("sentiance");
    harness.create("credential-1");
    let mut harness = harness.killed();
    assert_eq!(harness.create("credential-1"), Some(failed("credential_used")));
    assert_eq!(harness.sign_in_state(), &SignInState::SignedOut);
}

#[test]
fn a_credential_that_the_vendor_put_off_can_be_given_again() {
    let mut harness = CoreHarness::launched("sentiance");
    harness.create("credential-1");
    let request = harness.request();
    harness.put_off(&request, RetryAfter::Seconds(Millis::from_secs(5)));
    assert_eq!(harness.returned.get(&2).cloned(), Some(failed("unavailable")));
    assert_eq!(harness.create("credential-1"), None);
}

#[test]
fn no_answer_for_half_a_minute_is_none() {
    let mut harness = CoreHarness::launched("sentiance");
    harness.create("credential-1");
    harness.pass(Millis::new(29_999));
    assert_eq!(harness.returned.get(&2), None);
    harness.wake();
    assert_eq!(harness.returned.get(&2).cloned(), Some(failed("no_answer")));
    assert_eq!(harness.given_up, [1]);
}

#[test]
fn a_second_user_is_refused_without_a_reset() {
    let mut harness = CoreHarness::signed_in("sentiance");
    assert_eq!(harness.create("credential-2"), Some(failed("user_already_exists")));
    let mut harness = CoreHarness::signed_in("finbox");
    let other = SdkCommand::CreateUser { credential: None, user_id: Some("user2".to_owned()) };
    assert_eq!(harness.command(other), Some(failed("user_already_exists")));
    assert_eq!(harness.asked(), []);
}

#[test]
fn where_users_sign_in_at_each_start_another_one_is_not_taken_in() {
    let mut harness = CoreHarness::signed_in("techcentrix");
    assert_eq!(harness.create("credential-2"), Some(failed("user_already_exists")), "this start has signed in");
    let mut harness = harness.killed();
    assert_eq!(harness.create("credential-2"), None);
    harness.welcome("user-2", "session-2");
    assert_eq!(harness.returned.get(&5).cloned(), Some(failed("user_already_exists")));
    assert_eq!(harness.core.stored().session.as_ref().map(|session| &*session.token), Some("session-1"));
}

#[test]
fn a_device_whose_clock_is_off_sends_a_credential_all_the_same() {
    for offset_ms in [-86_400_000, -300_000, 300_000, 86_400_000] {
        let mut harness = CoreHarness::launched("techcentrix");
        harness.command(SdkCommand::DeviceClock { offset_ms });
        assert_eq!(harness.create("credential-1"), None, "{offset_ms}");
        harness.welcome("user-1", "session-1");
        assert_eq!(harness.sign_in_state(), &SignInState::SignedIn, "{offset_ms}");
    }
}

#[test]
fn only_an_sdk_that_is_told_the_companys_id_sends_it() {
    for (vendor, sends) in [("sentiance", false), ("techcentrix", false), ("finbox", true)] {
        let mut harness = CoreHarness::launched(vendor);
        harness.create("credential-1");
        let sent = harness.request().fields.text(&Field::ExternalId).map(str::to_owned);
        assert_eq!(sent, sends.then(|| "user1".to_owned()), "{vendor}");
    }
}

#[test]
fn a_reset_leaves_nothing_of_the_user_and_drops_what_is_under_way() {
    let mut harness = CoreHarness::signed_in("sentiance");
    assert!(harness.record("item-1", "location"));
    harness.command(SdkCommand::StartSync {});
    let batch = harness.request();
    assert_eq!(harness.command(SdkCommand::Reset {}), None);
    let end = harness.request();
    assert_eq!((end.command, end.session.as_deref()), (CommandName::EndSession, Some("session-1")));
    assert_eq!(harness.given_up, [batch.number]);
    harness.reply(&end, ReplyName::SessionEnded);
    harness.reply(&batch, ReplyName::BatchAccepted);
    assert_eq!(harness.returned.get(&5), Some(&CommandResult::done()));
    let left = harness.core.stored();
    assert_eq!((left.kept(), &left.holder, &left.session, harness.wake), (0, &None, &None, None));
    let new = harness.killed();
    assert_eq!((new.sign_in_state(), new.sent.len()), (&SignInState::SignedOut, 0));
}

#[test]
fn a_create_that_is_under_way_fails_with_the_reset_and_its_user_is_not_taken_in() {
    let mut harness = CoreHarness::launched("sentiance");
    harness.create("credential-1");
    let request = harness.request();
    assert_eq!(harness.command(SdkCommand::Reset {}), Some(CommandResult::done()));
    assert_eq!(harness.returned.get(&2).cloned(), Some(failed("reset")));
    let fields = Fields::new().with(Field::UserId, "user-1").with(Field::Session, "session-1");
    harness.answer(&request, 200, &[ReplyName::UserCreated], fields);
    assert_eq!(harness.sign_in_state(), &SignInState::SignedOut);
}

#[test]
fn to_forget_is_tried_again_when_the_app_says_so_and_nothing_else_is_sent_until_then() {
    let mut harness = CoreHarness::signed_in("finbox");
    assert!(harness.record("item-1", "device"));
    harness.command(SdkCommand::Forget {});
    let erase = harness.request();
    harness.lose(&erase);
    assert_eq!(harness.returned.get(&4).cloned(), Some(failed("no_answer")));
    assert_eq!(harness.command(SdkCommand::StartSync {}), Some(failed("no_user")));
    harness.command(SdkCommand::Forget {});
    let erase = harness.request();
    harness.reply(&erase, ReplyName::UserErased);
    assert_eq!(harness.returned.get(&6), Some(&CommandResult::done()));
    assert_eq!(harness.sign_in_state(), &SignInState::SignedOut);
}

#[test]
fn a_copy_on_another_device_is_not_used() {
    let mut harness = CoreHarness::signed_in("sentiance");
    harness.stored.device = "device-2".to_owned();
    let harness = harness.killed();
    assert_eq!((harness.sign_in_state(), harness.core.stored().device.as_str()), (&SignInState::SignedOut, "device-1"));
}

#[test]
fn a_command_that_the_vendors_sdk_has_no_call_for_is_unsupported() {
    let mut harness = CoreHarness::signed_in("techcentrix");
    assert_eq!(harness.command(SdkCommand::Forget {}), Some(CommandResult::Unsupported {}));
    let open = SdkCommand::Open {};
    assert_eq!(open.name(), SdkCommandName::Open);
    assert_eq!(harness.command(open), Some(CommandResult::Unsupported {}));
}

#[test]
fn who_asks_again_for_the_user_that_is_there_asks_the_vendor_once_in_each_start() {
    let mut harness = CoreHarness::signed_in("finbox");
    assert_eq!(harness.create(""), harness.returned.get(&2).cloned());
    assert_eq!(harness.asked(), []);
    let mut harness = harness.killed();
    assert_eq!((harness.create(""), harness.asked()), (None, vec![CommandName::CreateUser]));
}
