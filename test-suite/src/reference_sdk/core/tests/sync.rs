//! Rounds, batches and backoff.

use standin_contracts::protocol::Millis;

use super::*;

/// An install with one batch under way.
fn bringing() -> (Bench, Request) {
    let mut bench = Bench::signed_in("sentiance");
    for id in ["1", "2", "3", "4"] {
        assert!(bench.record(id, "location"));
    }
    bench.command(SdkCommand::StartSync {});
    let batch = bench.request();
    (bench, batch)
}

#[test]
fn nothing_is_recorded_or_brought_before_there_is_a_user() {
    let mut bench = Bench::launched("sentiance");
    assert!(!bench.record("1", "location"));
    assert_eq!(bench.command(SdkCommand::StartSync {}), Some(failed("no_user")));
    assert_eq!(bench.command(SdkCommand::SyncNow {}), Some(failed("no_user")));
}

#[test]
fn an_item_is_taken_once_and_only_while_there_is_room() {
    let mut bench = Bench::signed_in("sentiance");
    for id in 0..1000 {
        assert!(bench.record(&id.to_string(), "location"));
    }
    assert!(!bench.record("1000", "location"));
    assert!(bench.record("7", "location"), "it is kept already");
    assert_eq!(bench.stored.kept(), 1000);
}

#[test]
fn what_is_taken_is_stored_before_the_call_returns() {
    let mut bench = Bench::signed_in("sentiance");
    let command = SdkCommand::Record { id: "1".to_owned(), category: "location".to_owned() };
    let effects = bench.core.step(bench.now, Input::Command { call: 9, command });
    assert!(
        matches!(&effects[..], [Effect::Store(stored), Effect::Return { .. }] if stored.kept() == 1),
        "{effects:?}"
    );
}

#[test]
fn a_batch_that_failed_for_a_moment_goes_again_unchanged() {
    for status in [408, 425, 429, 500, 503, 200, 302] {
        let (mut bench, batch) = bringing();
        bench.status(&batch, status);
        if bench.sent.is_empty() {
            bench.wake();
        }
        let again = bench.request();
        assert_eq!((&again.fields, again.session), (&batch.fields, batch.session), "{status}");
    }
}

#[test]
fn a_batch_goes_again_unchanged_after_the_process_died() {
    let (bench, batch) = bringing();
    let mut bench = bench.killed();
    assert_eq!(bench.request().fields, batch.fields);
}

#[test]
fn what_is_hopeless_is_not_sent_again_and_the_next_goes_on() {
    for status in [400, 403, 404, 409, 422] {
        let (mut bench, batch) = bringing();
        bench.status(&batch, status);
        bench.pass(Millis::from_secs(86_400));
        assert_eq!((bench.asked(), bench.core.stored().kept()), (vec![], 0), "{status}");
        assert!(bench.record("5", "location"));
        bench.command(SdkCommand::SyncNow {});
        assert_eq!(items(&bench.request()), ["5"], "{status}");
    }
}

#[test]
fn what_was_too_large_goes_in_halves_under_new_ids() {
    let (mut bench, batch) = bringing();
    bench.status(&batch, 413);
    let first = bench.request();
    assert_eq!(items(&first), ["1", "2"]);
    bench.reply(&first, ReplyName::BatchAccepted);
    let second = bench.request();
    assert_eq!(items(&second), ["3", "4"]);
    bench.reply(&second, ReplyName::BatchTooLarge);
    let third = bench.request();
    bench.status(&third, 413);
    let fourth = bench.request();
    assert_eq!((items(&third), items(&fourth)), (vec!["3".to_owned()], vec!["4".to_owned()]));
    let ids = [&batch, &first, &second, &third, &fourth].map(batch_id);
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 5);
}

#[test]
fn what_was_left_out_of_a_partial_acceptance_goes_under_a_new_id() {
    let (mut bench, batch) = bringing();
    let kept = FieldValue::Texts(vec!["1".to_owned(), "3".to_owned()]);
    let fields = [(Field::Accepted, kept)].into_iter().collect();
    bench.answer(&batch, 200, &[ReplyName::BatchPartial], fields);
    let rest = bench.request();
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
    let mut bench = Bench::signed_in_as("sentiance", NoJitter);
    assert!(bench.record("1", "location"));
    bench.command(SdkCommand::StartSync {});
    let mut waits = Vec::new();
    for _ in 0..8 {
        let batch = bench.request();
        bench.status(&batch, 503);
        waits.push(bench.wake.expect("a timer").since(bench.now).get() / 1000);
        bench.wake();
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    let batch = bench.request();
    bench.reply(&batch, ReplyName::BatchAccepted);
    assert_eq!(bench.core.stored().failures, 0);
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
        let (mut bench, batch) = bringing();
        bench.put_off(&batch, told);
        let mut bench = bench.killed();
        bench.command(SdkCommand::SyncNow {});
        bench.pass(Millis::new(minutes.get() - 1));
        assert_eq!(bench.asked(), [], "{told:?}");
        bench.pass(Millis::new(1));
        assert_eq!(bench.asked(), [CommandName::SubmitBatch], "{told:?}");
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
    let mut bench = Bench::signed_in("finbox");
    let hours = |hours: u64| Millis::from_secs(hours * 3600);
    bench.command(SdkCommand::StartSync {});
    assert!(bench.record("1", "location"));
    bench.pass(Millis::new(hours(8).get() - 1));
    assert_eq!(bench.asked(), []);
    bench.pass(Millis::new(1));
    let slow = bench.request();
    assert!(bench.record("2", "location"));
    bench.put_off(&slow, RetryAfter::Seconds(hours(9)));
    bench.pass(hours(8));
    assert_eq!(bench.asked(), [], "the round before is not over");
    bench.pass(hours(1));
    let slow = bench.request();
    bench.reply(&slow, ReplyName::BatchAccepted);
    assert_eq!(bench.asked(), [], "the round that fell out is not made up for");
    bench.pass(hours(7));
    assert_eq!(items(&bench.request()), ["2"]);
}

#[test]
fn an_interval_that_the_app_sets_counts_from_then_on() {
    let mut bench = Bench::signed_in("finbox");
    bench.command(SdkCommand::StartSync {});
    bench.command(SdkCommand::SetInterval { seconds: 60 });
    assert!(bench.record("1", "location"));
    bench.pass(Millis::from_secs(60));
    assert_eq!(bench.asked(), [CommandName::SubmitBatch]);
    assert_eq!(bench.command(SdkCommand::SetInterval { seconds: 0 }), Some(failed("interval_too_short")));
}

#[test]
fn categories_go_beside_one_another_and_each_in_order() {
    let mut bench = Bench::signed_in("sentiance");
    for (id, category) in [("a1", "a"), ("b1", "b"), ("a2", "a")] {
        assert!(bench.record(id, category));
    }
    bench.command(SdkCommand::SyncNow {});
    let sent = std::mem::take(&mut bench.sent);
    assert_eq!(sent.iter().map(items).collect::<Vec<_>>(), [vec!["a1", "a2"], vec!["b1"]]);
}

#[test]
fn while_the_vendor_fails_it_is_asked_for_one_thing_at_a_time() {
    let mut bench = Bench::signed_in("sentiance");
    for category in ["a", "b", "c"] {
        assert!(bench.record(category, category));
    }
    bench.command(SdkCommand::SyncNow {});
    for request in std::mem::take(&mut bench.sent) {
        bench.put_off(&request, RetryAfter::Seconds(Millis::from_secs(100)));
    }
    bench.wake();
    let first = bench.request();
    bench.reply(&first, ReplyName::BatchAccepted);
    assert_eq!(bench.sent.len(), 2);
}

#[test]
fn a_category_that_is_denied_or_not_wanted_is_neither_taken_nor_sent() {
    let mut bench = Bench::signed_in("finbox");
    assert!(bench.record("1", "location"));
    bench.grant("location", false);
    assert!(!bench.record("2", "location"));
    bench.command(SdkCommand::SyncNow {});
    assert_eq!(bench.asked(), [CommandName::ReportPermissions]);
    bench.grant("location", true);
    let mut unwanted = Bench::launched("finbox");
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
    let (mut bench, batch) = bringing();
    bench.grant("location", false);
    let told = bench.request();
    assert_eq!(told.command, CommandName::ReportPermissions);
    bench.reply(&told, ReplyName::PermissionsNoted);
    bench.status(&batch, 503);
    bench.pass(Millis::from_secs(60));
    assert_eq!(bench.asked(), []);
    bench.grant("location", true);
    bench.command(SdkCommand::SyncNow {});
    let told = bench.request();
    bench.reply(&told, ReplyName::PermissionsNoted);
    assert_eq!(bench.request().fields, batch.fields);
}

#[test]
fn offline_nothing_is_sent_and_online_again_all_is_in_order() {
    let (mut bench, batch) = bringing();
    bench.command(SdkCommand::Network { online: false });
    assert_eq!(bench.given_up, [batch.number]);
    assert!(bench.record("5", "location"));
    bench.pass(Millis::from_secs(86_400));
    assert_eq!((bench.asked(), bench.wake), (vec![], None));
    bench.command(SdkCommand::Network { online: true });
    let first = bench.request();
    assert_eq!(first.fields, batch.fields);
    bench.reply(&first, ReplyName::BatchAccepted);
    bench.pass(Millis::from_secs(86_400));
    assert_eq!(items(&bench.request()), ["5"]);
}

#[test]
fn after_stop_nothing_is_sent_and_what_was_on_its_way_still_counts() {
    let (mut bench, batch) = bringing();
    bench.command(SdkCommand::StopSync {});
    bench.pass(Millis::from_secs(10));
    bench.reply(&batch, ReplyName::BatchAccepted);
    bench.pass(Millis::from_secs(86_400));
    assert_eq!(bench.command(SdkCommand::SyncNow {}), Some(failed("sync_stopped")));
    assert_eq!((bench.asked(), bench.wake, bench.core.stored().kept()), (vec![], None, 0));
}

#[test]
fn pushes_wake_once_in_a_window_and_anothers_push_never() {
    let mut bench = Bench::signed_in("finbox");
    let own = bench.contract.push.clone().expect("the vendor's push").make("push-1");
    let others = serde_json::Map::from_iter([("title".to_owned(), "Two for one on pizza".into())]);
    let rounds = |bench: &mut Bench, push: &serde_json::Map<String, serde_json::Value>, id: &str| {
        assert!(bench.record(id, "location"));
        bench.command(SdkCommand::ForwardPush { payload: push.clone() });
        for request in std::mem::take(&mut bench.sent) {
            bench.reply(&request, ReplyName::BatchAccepted);
        }
        bench.core.stored().rounds
    };
    assert_eq!(rounds(&mut bench, &others, "1"), 0);
    assert_eq!(rounds(&mut bench, &own, "2"), 1);
    assert_eq!(rounds(&mut bench, &own, "3"), 1);
    bench.pass(Millis::from_secs(8 * 360));
    assert_eq!(rounds(&mut bench, &own, "4"), 2);
}

#[test]
fn the_vendor_is_told_once_where_pushes_reach_the_app_and_again_after_a_failure() {
    let hand = |bench: &mut Bench, token: &str| bench.command(SdkCommand::PushToken { token: token.to_owned() });
    let mut bench = Bench::signed_in("finbox");
    hand(&mut bench, "token-1");
    let told = bench.request();
    assert_eq!((told.command, told.fields.text(&Field::PushToken)), (CommandName::RegisterPush, Some("token-1")));
    bench.reply(&told, ReplyName::Unavailable);
    bench.pass(Millis::from_secs(3600));
    hand(&mut bench, "token-1");
    let again = bench.request();
    bench.reply(&again, ReplyName::PushRegistered);
    hand(&mut bench, "token-1");
    assert_eq!(bench.asked(), []);
    hand(&mut bench, "token-2");
    assert_eq!(bench.asked(), [CommandName::RegisterPush]);
}

#[test]
fn where_pushes_reach_the_app_is_told_for_the_next_user_too() {
    let mut bench = Bench::signed_in("finbox");
    bench.command(SdkCommand::PushToken { token: "token-1".to_owned() });
    let told = bench.request();
    bench.reply(&told, ReplyName::PushRegistered);
    bench.command(SdkCommand::Reset {});
    bench.sent.clear();
    bench.create("credential-2");
    bench.welcome("user-2", "session-2");
    assert!(bench.asked().contains(&CommandName::RegisterPush));
}

#[test]
fn a_round_with_nothing_to_bring_wakes_nobody_and_the_next_keeps_to_the_interval() {
    let mut bench = Bench::signed_in("finbox");
    bench.command(SdkCommand::StartSync {});
    assert_eq!(bench.wake, None);
    bench.pass(Millis::from_secs(20 * 3600));
    assert!(bench.record("1", "location"));
    assert_eq!(bench.asked(), []);
    assert_eq!(bench.wake.map(|wake| wake.since(bench.now)), Some(Millis::from_secs(4 * 3600)));
}

#[test]
fn a_key_that_is_refused_ends_the_round_and_the_next_brings_the_rest() {
    let mut bench = Bench::signed_in("sentiance");
    assert!(bench.record("1", "a") && bench.record("2", "b"));
    bench.command(SdkCommand::StartSync {});
    let sent = std::mem::take(&mut bench.sent);
    bench.reply(&sent[0], ReplyName::KeyUnknown);
    bench.lose(&sent[1]);
    assert_eq!((bench.asked(), bench.sign_in_state()), (vec![], &SignInState::SignedIn));
    bench.wake();
    assert_eq!(items(&bench.request()), ["2"]);
}
