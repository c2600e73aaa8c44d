//! Sessions: renewed once for all requests, and silent once they are over.

use super::*;

/// An install with three batches under way.
fn busy() -> (CoreHarness, Vec<Request>) {
    busy_as(ConformingSdk)
}

fn busy_as(behaviour: impl SdkBehaviour) -> (CoreHarness, Vec<Request>) {
    let mut harness = CoreHarness::signed_in_as("sentiance", behaviour);
    for (id, category) in [("a1", "a"), ("b1", "b"), ("c1", "c")] {
        assert!(harness.record(id, category));
    }
    harness.command(SdkCommand::StartSync {});
    let sent = std::mem::take(&mut harness.sent);
    assert_eq!(sent.len(), 3);
    (harness, sent)
}

fn renew(harness: &mut CoreHarness, session: &str) {
    let refresh = harness.request();
    assert_eq!(refresh.command, CommandName::RefreshSession);
    let fields = Fields::new().with(Field::Session, session).with(Field::Refresh, "refresh-2");
    harness.answer(&refresh, 200, &[ReplyName::SessionRefreshed], fields);
}

#[test]
fn many_refusals_lead_to_one_refresh_and_each_batch_goes_once_more() {
    let (mut harness, sent) = busy();
    for request in &sent {
        harness.reply(request, ReplyName::SessionExpired);
    }
    assert_eq!(harness.sent[0].fields.text(&Field::Refresh), Some("refresh of session-1"));
    renew(&mut harness, "session-2");
    let again = std::mem::take(&mut harness.sent);
    assert!(again.iter().all(|request| request.session.as_deref() == Some("session-2")));
    let ids = |requests: &[Request]| requests.iter().map(|request| batch_id(request).to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&again), ids(&sent));
}

#[test]
fn a_late_refusal_of_the_old_token_asks_for_no_further_refresh() {
    let (mut harness, sent) = busy();
    harness.reply(&sent[0], ReplyName::SessionExpired);
    renew(&mut harness, "session-2");
    harness.sent.clear();
    harness.reply(&sent[1], ReplyName::SessionExpired);
    assert_eq!(harness.asked(), [CommandName::SubmitBatch]);
}

#[test]
fn a_new_token_that_is_refused_too_is_the_end() {
    let (mut harness, sent) = busy();
    harness.reply(&sent[0], ReplyName::SessionExpired);
    renew(&mut harness, "session-2");
    let again = std::mem::take(&mut harness.sent);
    harness.reply(&again[0], ReplyName::SessionExpired);
    assert_eq!(harness.sign_in_state(), &SignInState::Silent("session_over".to_owned()));
    assert_eq!((harness.asked(), harness.core.stored().kept()), (vec![], 3), "what was recorded is kept");
}

#[test]
fn a_session_that_expires_again_later_is_renewed_again() {
    let (mut harness, sent) = busy();
    harness.reply(&sent[0], ReplyName::SessionExpired);
    renew(&mut harness, "session-2");
    let again = std::mem::take(&mut harness.sent);
    harness.reply(&again[0], ReplyName::BatchAccepted);
    assert!(harness.record("a2", "a"));
    for request in &sent[1..] {
        harness.reply(request, ReplyName::BatchAccepted);
    }
    harness.command(SdkCommand::SyncNow {});
    let later = harness.request();
    harness.reply(&later, ReplyName::SessionExpired);
    assert_eq!(harness.asked(), [CommandName::RefreshSession]);
}

#[test]
fn a_refresh_that_fails_for_a_moment_loses_no_session() {
    let (mut harness, sent) = busy();
    for request in &sent {
        harness.reply(request, ReplyName::SessionExpired);
    }
    let refresh = harness.request();
    harness.put_off(&refresh, RetryAfter::Seconds(Millis::from_secs(40)));
    assert_eq!((harness.asked(), harness.sign_in_state()), (vec![], &SignInState::SignedIn));
    harness.pass(Millis::new(39_999));
    assert_eq!(harness.asked(), []);
    harness.pass(Millis::new(1));
    assert_eq!(harness.asked(), [CommandName::RefreshSession]);
}

#[test]
fn a_refused_refresh_signs_out_and_makes_no_new_user() {
    let (mut harness, sent) = busy();
    harness.reply(&sent[0], ReplyName::SessionExpired);
    let refresh = harness.request();
    harness.reply(&refresh, ReplyName::SessionWasEnded);
    assert_eq!(harness.sign_in_state(), &SignInState::Silent("session_over".to_owned()));
    assert_eq!((harness.asked(), harness.wake.map(|wake| wake > harness.now)), (vec![], Some(true)));
    let mut harness = harness.killed();
    harness.pass(Millis::from_secs(7 * 86_400));
    assert_eq!(harness.asked(), []);
}

#[test]
fn an_install_that_was_deactivated_is_silent_until_its_app_asks_for_the_user() {
    for reply in [ReplyName::InstallDeactivated, ReplyName::UserDisabled] {
        let (mut harness, sent) = busy();
        harness.reply(&sent[0], reply);
        assert!(!harness.record("later", "a"));
        harness.pass(Millis::from_secs(86_400));
        assert_eq!(harness.asked(), [], "{reply}");
        harness.create("credential-2");
        harness.welcome("user-1", "session-2");
        harness.pass(Millis::from_secs(86_400));
        let first = harness.request();
        assert_eq!(first.session.as_deref(), Some("session-2"), "{reply}: what was recorded is the same user's");
        harness.reply(&first, ReplyName::BatchAccepted);
        assert_eq!(harness.sent.len(), 2, "{reply}");
    }
}

#[test]
fn the_records_of_an_erased_user_are_not_submitted() {
    let (mut harness, sent) = busy();
    harness.reply(&sent[0], ReplyName::UserWasErased);
    assert_eq!((harness.core.stored().kept(), &harness.core.stored().holder), (0, &None));
}

#[test]
fn a_process_that_dies_while_it_renews_goes_on_renewing() {
    let (mut harness, sent) = busy();
    harness.reply(&sent[0], ReplyName::SessionExpired);
    let mut harness = harness.killed();
    renew(&mut harness, "session-2");
    assert_eq!(harness.sent.len(), 3);
}
