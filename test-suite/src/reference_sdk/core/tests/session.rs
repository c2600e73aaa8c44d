//! Sessions: renewed once for all, and quiet once they are over.

use super::*;

/// An install with three batches under way.
fn busy() -> (Bench, Vec<Request>) {
    busy_as(ConformingSdk)
}

fn busy_as(behaviour: impl SdkBehaviour) -> (Bench, Vec<Request>) {
    let mut bench = Bench::signed_in_as("sentiance", behaviour);
    for (id, category) in [("a1", "a"), ("b1", "b"), ("c1", "c")] {
        assert!(bench.record(id, category));
    }
    bench.command(SdkCommand::StartSync {});
    let sent = std::mem::take(&mut bench.sent);
    assert_eq!(sent.len(), 3);
    (bench, sent)
}

fn renew(bench: &mut Bench, session: &str) {
    let refresh = bench.request();
    assert_eq!(refresh.command, CommandName::RefreshSession);
    let fields = Fields::new().with(Field::Session, session).with(Field::Refresh, "refresh-2");
    bench.answer(&refresh, 200, &[ReplyName::SessionRefreshed], fields);
}

#[test]
fn many_refusals_lead_to_one_refresh_and_each_batch_goes_once_more() {
    let (mut bench, sent) = busy();
    for request in &sent {
        bench.reply(request, ReplyName::SessionExpired);
    }
    assert_eq!(bench.sent[0].fields.text(&Field::Refresh), Some("refresh of session-1"));
    renew(&mut bench, "session-2");
    let again = std::mem::take(&mut bench.sent);
    assert!(again.iter().all(|request| request.session.as_deref() == Some("session-2")));
    let ids = |requests: &[Request]| requests.iter().map(|request| batch_id(request).to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&again), ids(&sent));
}

#[test]
fn a_late_refusal_of_the_old_token_asks_for_no_further_refresh() {
    let (mut bench, sent) = busy();
    bench.reply(&sent[0], ReplyName::SessionExpired);
    renew(&mut bench, "session-2");
    bench.sent.clear();
    bench.reply(&sent[1], ReplyName::SessionExpired);
    assert_eq!(bench.asked(), [CommandName::SubmitBatch]);
}

#[test]
fn a_new_token_that_is_refused_too_is_the_end() {
    let (mut bench, sent) = busy();
    bench.reply(&sent[0], ReplyName::SessionExpired);
    renew(&mut bench, "session-2");
    let again = std::mem::take(&mut bench.sent);
    bench.reply(&again[0], ReplyName::SessionExpired);
    assert_eq!(bench.sign_in_state(), &SignInState::Silent("session_over".to_owned()));
    assert_eq!((bench.asked(), bench.core.stored().kept()), (vec![], 3), "what was recorded is kept");
}

#[test]
fn a_session_that_expires_again_later_is_renewed_again() {
    let (mut bench, sent) = busy();
    bench.reply(&sent[0], ReplyName::SessionExpired);
    renew(&mut bench, "session-2");
    let again = std::mem::take(&mut bench.sent);
    bench.reply(&again[0], ReplyName::BatchAccepted);
    assert!(bench.record("a2", "a"));
    for request in &sent[1..] {
        bench.reply(request, ReplyName::BatchAccepted);
    }
    bench.command(SdkCommand::SyncNow {});
    let later = bench.request();
    bench.reply(&later, ReplyName::SessionExpired);
    assert_eq!(bench.asked(), [CommandName::RefreshSession]);
}

#[test]
fn a_refresh_that_fails_for_a_moment_loses_no_session() {
    let (mut bench, sent) = busy();
    for request in &sent {
        bench.reply(request, ReplyName::SessionExpired);
    }
    let refresh = bench.request();
    bench.put_off(&refresh, RetryAfter::Seconds(Millis::from_secs(40)));
    assert_eq!((bench.asked(), bench.sign_in_state()), (vec![], &SignInState::SignedIn));
    bench.pass(Millis::new(39_999));
    assert_eq!(bench.asked(), []);
    bench.pass(Millis::new(1));
    assert_eq!(bench.asked(), [CommandName::RefreshSession]);
}

#[test]
fn a_refused_refresh_signs_out_and_makes_no_new_user() {
    let (mut bench, sent) = busy();
    bench.reply(&sent[0], ReplyName::SessionExpired);
    let refresh = bench.request();
    bench.reply(&refresh, ReplyName::SessionWasEnded);
    assert_eq!(bench.sign_in_state(), &SignInState::Silent("session_over".to_owned()));
    assert_eq!((bench.asked(), bench.wake.map(|wake| wake > bench.now)), (vec![], Some(true)));
    let mut bench = bench.killed();
    bench.pass(Millis::from_secs(7 * 86_400));
    assert_eq!(bench.asked(), []);
}

#[test]
fn an_install_that_was_deactivated_is_silent_until_its_app_asks_for_the_user() {
    for reply in [ReplyName::InstallDeactivated, ReplyName::UserDisabled] {
        let (mut bench, sent) = busy();
        bench.reply(&sent[0], reply);
        assert!(!bench.record("later", "a"));
        bench.pass(Millis::from_secs(86_400));
        assert_eq!(bench.asked(), [], "{reply}");
        bench.create("credential-2");
        bench.welcome("user-1", "session-2");
        bench.pass(Millis::from_secs(86_400));
        let first = bench.request();
        assert_eq!(first.session.as_deref(), Some("session-2"), "{reply}: what was recorded is the same user's");
        bench.reply(&first, ReplyName::BatchAccepted);
        assert_eq!(bench.sent.len(), 2, "{reply}");
    }
}

#[test]
fn what_an_erased_user_recorded_is_brought_for_nobody() {
    let (mut bench, sent) = busy();
    bench.reply(&sent[0], ReplyName::UserWasErased);
    assert_eq!((bench.core.stored().kept(), &bench.core.stored().holder), (0, &None));
}

#[test]
fn a_process_that_dies_while_it_renews_goes_on_renewing() {
    let (mut bench, sent) = busy();
    bench.reply(&sent[0], ReplyName::SessionExpired);
    let mut bench = bench.killed();
    renew(&mut bench, "session-2");
    assert_eq!(bench.sent.len(), 3);
}
