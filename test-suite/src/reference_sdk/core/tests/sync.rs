//! Rounds, batches and backoff.

use standin_contracts::protocol::Millis;

use super::*;

/// An install with one batch under way.
fn submitting() -> (CoreHarness, Request) {
    let mut harness = CoreHarness::signed_in("sentiance");
    for id in ["1", "2", "3", "4"] {
        assert!(harness.record(id, "location"));
    }
    harness.command(SdkCommand::StartSync {});
    let batch = harness.request();
    (harness, batch)
}

#[test]
fn nothing_is_recorded_or_submitted_before_there_is_a_user() {
    let mut harness = CoreHarness::launched("sentiance");
    assert!(!harness.record("1", "location"));
    assert_eq!(harness.command(SdkCommand::StartSync {}), Some(failed("no_user")));
    assert_eq!(harness.command(SdkCommand::SyncNow {}), Some(failed("no_user")));
}

#[test]
fn an_item_is_taken_once_and_only_while_there_is_room() {
    let mut harness = CoreHarness::signed_in("sentiance");
    for id in 0..1000 {
        assert!(harness.record(&id.to_string(), "location"));
    }
    assert!(!harness.record("1000", "location"));
    assert!(harness.record("7", "location"), "it is kept already");
    assert_eq!(harness.stored.kept(), 1000);
}

#[test]
fn what_is_taken_is_stored_before_the_call_returns() {
    let mut harness = CoreHarness::signed_in("sentiance");
    let command = SdkCommand::Record { id: "1".to_owned(), category: "location".to_owned() };
    let effects = harness.core.step(harness.now, Input::Command { call: 9, command });
    assert!(
        matches!(&effects[..], [Effect::Store(stored), Effect::Return { .. }] if stored.kept() == 1),
        "{effects:?}"
    );
}

#[test]
fn a_batch_that_failed_for_a_moment_goes_again_unchanged() {
    for status in [408, 425, 429, 500, 503, 200, 302] {
        let (mut harness, batch) = submitting();
        harness.status(&batch, status);
        if harness.sent.is_empty() {
            harness.wake();
        }
        let again = harness.request();
        assert_eq!((&again.fields, again.session), (&batch.fields, batch.session), "{status}");
    }
}

#[test]
fn a_batch_goes_again_unchanged_after_the_process_died() {
    let (harness, batch) = submitting();
    let mut harness = harness.killed();
    assert_eq!(harness.request().fields, batch.fields);
}

#[test]
fn what_is_hopeless_is_not_sent_again_and_the_next_goes_on() {
    for status in [400, 403, 404, 409, 422] {
        let (mut harness, batch) = submitting();
        harness.status(&batch, status);
        harness.pass(Millis::from_secs(86_400));
        assert_eq!((harness.asked(), harness.core.stored().kept()), (vec![], 0), "{status}");
        assert!(harness.record("5", "location"));
        harness.command(SdkCommand::SyncNow {});
        assert_eq!(items(&harness.request()), ["5"], "{status}");
    }
}

#[test]
fn what_was_too_large_goes_in_halves_under_new_ids() {
    let (mut harness, batch) = submitting();
    harness.status(&batch, 413);
    let first = harness.request();
    assert_eq!(items(&first), ["1", "2"]);
    harness.reply(&first, ReplyName::BatchAccepted);
    let second = harness.request();
    assert_eq!(items(&second), ["3", "4"]);
    harness.reply(&second, ReplyName::BatchTooLarge);
    let third = harness.request();
    harness.status(&third, 413);
    let fourth = harness.request();
    assert_eq!((items(&third), items(&fourth)), (vec!["3".to_owned()], vec!["4".to_owned()]));
    let ids = [&batch, &first, &second, &third, &fourth].map(batch_id);
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 5);
}

#[test]
fn what_was_left_out_of_a_partial_acceptance_goes_under_a_new_id() {
    let (mut harness, batch) = submitting();
    let kept = FieldValue::Texts(vec!["1".to_owned(), "3".to_owned()]);
    let fields = [(Field::Accepted, kept)].into_iter().collect();
    harness.answer(&batch, 200, &[ReplyName::BatchPartial], fields);
    let rest = harness.request();
    assert_eq!(items(&rest), ["2", "4"]);
    assert_ne!(batch_id(&rest), batch_id(&batch));
}

#[test]
fn waits_double_up_to_the_cap_and_a_success_begins_anew() {
    struct NoJitter;
    impl SdkBehaviour for NoJitter {
        fn jitter(&self, longest: Millis, _drawn: u64) -> Millis {
            longest
        }
    }
    let mut harness = CoreHarness::signed_in_as("sentiance", NoJitter);
    assert!(harness.record("1", "location"));
    harness.command(SdkCommand::StartSync {});
    let mut waits = Vec::new();
    for _ in 0..8 {
        let batch = harness.request();
        harness.status(&batch, 503);
        waits.push(harness.wake.expect("a timer").since(harness.now).get() / 1000);
        harness.wake();
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    let batch = harness.request();
    harness.reply(&batch, ReplyName::BatchAccepted);
    assert_eq!(harness.core.stored().failures, 0);
}

#[test]
fn full_jitter_stays_below_the_wait_and_is_not_always_the_same() {
    let drawn: Vec<u64> = (0..50).map(|n| ConformingSdk.jitter(Millis::from_secs(8), n * 7_919_777).get()).collect();
    assert!(drawn.iter().all(|wait| *wait <= 8000));
    assert!(drawn.iter().any(|wait| *wait != drawn[0]));
}

#[test]
fn the_vendors_word_on_when_to_come_back_is_kept_in_both_forms_and_over_a_restart() {
    let minutes = Millis::from_secs(300);
    for told in [RetryAfter::Seconds(minutes), RetryAfter::Date(minutes)] {
        let (mut harness, batch) = submitting();
        harness.put_off(&batch, told);
        let mut harness = harness.killed();
        harness.command(SdkCommand::SyncNow {});
        harness.pass(Millis::new(minutes.get() - 1));
        assert_eq!(harness.asked(), [], "{told:?}");
        harness.pass(Millis::new(1));
        assert_eq!(harness.asked(), [CommandName::SubmitBatch], "{told:?}");
    }
}

#[test]
fn nonsense_in_place_of_a_time_is_met_with_the_own_wait() {
    assert_eq!(ConformingSdk.pause(Millis::from_secs(3), Some(RetryAfter::Nonsense)), Millis::from_secs(3));
    assert_eq!(ConformingSdk.pause(Millis::from_secs(3), None), Millis::from_secs(3));
    let less = RetryAfter::Seconds(Millis::from_secs(1));
    assert_eq!(ConformingSdk.pause(Millis::from_secs(3), Some(less)), Millis::from_secs(3));
}

#[test]
fn rounds_come_by_the_interval_and_never_overlap() {
    let mut harness = CoreHarness::signed_in("finbox");
    let hours = |hours: u64| Millis::from_secs(hours * 3600);
    harness.command(SdkCommand::StartSync {});
    assert!(harness.record("1", "location"));
    harness.pass(Millis::new(hours(8).get() - 1));
    assert_eq!(harness.asked(), []);
    harness.pass(Millis::new(1));
    let slow = harness.request();
    assert!(harness.record("2", "location"));
    harness.put_off(&slow, RetryAfter::Seconds(hours(9)));
    harness.pass(hours(8));
    assert_eq!(harness.asked(), [], "the round before is not over");
    harness.pass(hours(1));
    let slow = harness.request();
    harness.reply(&slow, ReplyName::BatchAccepted);
    assert_eq!(harness.asked(), [], "the round that fell out is not made up for");
    harness.pass(hours(7));
    assert_eq!(items(&harness.request()), ["2"]);
}

#[test]
fn an_interval_that_the_app_sets_counts_from_then_on() {
    let mut harness = CoreHarness::signed_in("finbox");
    harness.command(SdkCommand::StartSync {});
    harness.command(SdkCommand::SetInterval { seconds: 60 });
    assert!(harness.record("1", "location"));
    harness.pass(Millis::from_secs(60));
    assert_eq!(harness.asked(), [CommandName::SubmitBatch]);
    assert_eq!(harness.command(SdkCommand::SetInterval { seconds: 0 }), Some(failed("interval_too_short")));
}

#[test]
fn categories_go_beside_one_another_and_each_in_order() {
    let mut harness = CoreHarness::signed_in("sentiance");
    for (id, category) in [("a1", "a"), ("b1", "b"), ("a2", "a")] {
        assert!(harness.record(id, category));
    }
    harness.command(SdkCommand::SyncNow {});
    let sent = std::mem::take(&mut harness.sent);
    assert_eq!(sent.iter().map(items).collect::<Vec<_>>(), [vec!["a1", "a2"], vec!["b1"]]);
}

#[test]
fn while_the_vendor_fails_it_is_asked_for_one_thing_at_a_time() {
    let mut harness = CoreHarness::signed_in("sentiance");
    for category in ["a", "b", "c"] {
        assert!(harness.record(category, category));
    }
    harness.command(SdkCommand::SyncNow {});
    for request in std::mem::take(&mut harness.sent) {
        harness.put_off(&request, RetryAfter::Seconds(Millis::from_secs(100)));
    }
    harness.wake();
    let first = harness.request();
    harness.reply(&first, ReplyName::BatchAccepted);
    assert_eq!(harness.sent.len(), 2);
}

#[test]
fn a_category_that_is_denied_or_not_wanted_is_neither_taken_nor_sent() {
    let mut harness = CoreHarness::signed_in("finbox");
    assert!(harness.record("1", "location"));
    harness.grant("location", false);
    assert!(!harness.record("2", "location"));
    harness.command(SdkCommand::SyncNow {});
    assert_eq!(harness.asked(), [CommandName::ReportPermissions]);
    harness.grant("location", true);
    let mut unwanted = CoreHarness::launched("finbox");
    unwanted.create("");
    let request = unwanted.request();
    let fields = Fields::new().with(Field::Session, "s").with(Field::Enabled("location".to_owned()), false);
    unwanted.answer(&request, 200, &[ReplyName::UserCreated], fields);
    assert!(!unwanted.record("1", "location"));
    assert!(unwanted.record("2", "device"));
    assert!(!unwanted.record("3", "tea_leaves"), "the vendor has no place for it");
}

#[test]
fn a_batch_is_held_while_its_category_is_denied() {
    let (mut harness, batch) = submitting();
    harness.grant("location", false);
    let told = harness.request();
    assert_eq!(told.command, CommandName::ReportPermissions);
    harness.reply(&told, ReplyName::PermissionsNoted);
    harness.status(&batch, 503);
    harness.pass(Millis::from_secs(60));
    assert_eq!(harness.asked(), []);
    harness.grant("location", true);
    harness.command(SdkCommand::SyncNow {});
    let told = harness.request();
    harness.reply(&told, ReplyName::PermissionsNoted);
    assert_eq!(harness.request().fields, batch.fields);
}

#[test]
fn offline_nothing_is_sent_and_online_again_all_is_in_order() {
    let (mut harness, batch) = submitting();
    harness.command(SdkCommand::Network { online: false });
    assert_eq!(harness.given_up, [batch.number]);
    assert!(harness.record("5", "location"));
    harness.pass(Millis::from_secs(86_400));
    assert_eq!((harness.asked(), harness.wake), (vec![], None));
    harness.command(SdkCommand::Network { online: true });
    let first = harness.request();
    assert_eq!(first.fields, batch.fields);
    harness.reply(&first, ReplyName::BatchAccepted);
    harness.pass(Millis::from_secs(86_400));
    assert_eq!(items(&harness.request()), ["5"]);
}

#[test]
fn after_stop_nothing_is_sent_and_what_was_on_its_way_still_counts() {
    let (mut harness, batch) = submitting();
    harness.command(SdkCommand::StopSync {});
    harness.pass(Millis::from_secs(10));
    harness.reply(&batch, ReplyName::BatchAccepted);
    harness.pass(Millis::from_secs(86_400));
    assert_eq!(harness.command(SdkCommand::SyncNow {}), Some(failed("sync_stopped")));
    assert_eq!((harness.asked(), harness.wake, harness.core.stored().kept()), (vec![], None, 0));
}

#[test]
fn pushes_wake_once_in_a_window_and_anothers_push_never() {
    let mut harness = CoreHarness::signed_in("finbox");
    let own = harness.contract.push.clone().expect("the vendor's push").make("push-1");
    let others = serde_json::Map::from_iter([("title".to_owned(), "Two for one on pizza".into())]);
    let rounds = |harness: &mut CoreHarness, push: &serde_json::Map<String, serde_json::Value>, id: &str| {
        assert!(harness.record(id, "location"));
        harness.command(SdkCommand::ForwardPush { payload: push.clone() });
        for request in std::mem::take(&mut harness.sent) {
            harness.reply(&request, ReplyName::BatchAccepted);
        }
        harness.core.stored().rounds
    };
    assert_eq!(rounds(&mut harness, &others, "1"), 0);
    assert_eq!(rounds(&mut harness, &own, "2"), 1);
    assert_eq!(rounds(&mut harness, &own, "3"), 1);
    harness.pass(Millis::from_secs(8 * 360));
    assert_eq!(rounds(&mut harness, &own, "4"), 2);
}

#[test]
fn the_vendor_is_told_once_where_pushes_reach_the_app_and_again_after_a_failure() {
    let hand =
        |harness: &mut CoreHarness, token: &str| harness.command(SdkCommand::PushToken { token: token.to_owned() });
    let mut harness = CoreHarness::signed_in("finbox");
    hand(&mut harness, "token-1");
    let told = harness.request();
    assert_eq!((told.command, told.fields.text(&Field::PushToken)), (CommandName::RegisterPush, Some("token-1")));
    harness.reply(&told, ReplyName::Unavailable);
    harness.pass(Millis::from_secs(3600));
    hand(&mut harness, "token-1");
    let again = harness.request();
    harness.reply(&again, ReplyName::PushRegistered);
    hand(&mut harness, "token-1");
    assert_eq!(harness.asked(), []);
    hand(&mut harness, "token-2");
    assert_eq!(harness.asked(), [CommandName::RegisterPush]);
}

#[test]
fn where_pushes_reach_the_app_is_told_for_the_next_user_too() {
    let mut harness = CoreHarness::signed_in("finbox");
    harness.command(SdkCommand::PushToken { token: "token-1".to_owned() });
    let told = harness.request();
    harness.reply(&told, ReplyName::PushRegistered);
    harness.command(SdkCommand::Reset {});
    harness.sent.clear();
    harness.create("credential-2");
    harness.welcome("user-2", "session-2");
    assert!(harness.asked().contains(&CommandName::RegisterPush));
}

#[test]
fn a_round_with_nothing_to_submit_wakes_nobody_and_the_next_keeps_to_the_interval() {
    let mut harness = CoreHarness::signed_in("finbox");
    harness.command(SdkCommand::StartSync {});
    assert_eq!(harness.wake, None);
    harness.pass(Millis::from_secs(20 * 3600));
    assert!(harness.record("1", "location"));
    assert_eq!(harness.asked(), []);
    assert_eq!(harness.wake.map(|wake| wake.since(harness.now)), Some(Millis::from_secs(4 * 3600)));
}

#[test]
fn a_key_that_is_refused_ends_the_round_and_the_next_submits_the_rest() {
    let mut harness = CoreHarness::signed_in("sentiance");
    assert!(harness.record("1", "a") && harness.record("2", "b"));
    harness.command(SdkCommand::StartSync {});
    let sent = std::mem::take(&mut harness.sent);
    harness.reply(&sent[0], ReplyName::KeyUnknown);
    harness.lose(&sent[1]);
    assert_eq!((harness.asked(), harness.sign_in_state()), (vec![], &SignInState::SignedIn));
    harness.wake();
    assert_eq!(items(&harness.request()), ["2"]);
}
