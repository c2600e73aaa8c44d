//! SDK mutants: each does what its mistake says where the conforming SDK does not.

use standin_contracts::protocol::Millis;

use super::*;
use crate::sdk_mutants::SDK_MUTANTS;

/// Tells both apart: whether the mistake was seen.
type Course = fn(Bench) -> bool;

/// What shows each mistake, by the mutant's name. Each begins with an install that is signed in, at a vendor.
const COURSES: &[(&str, &str, Course)] = &[
    ("batch-anew", "sentiance", |mut bench| {
        let batch = bring(&mut bench);
        bench.status(&batch, 503);
        batch_id(&next(&mut bench)) != batch_id(&batch)
    }),
    ("date-as-zero", "sentiance", |mut bench| {
        let batch = bring(&mut bench);
        bench.put_off(&batch, RetryAfter::Date(Millis::from_secs(60)));
        !bench.sent.is_empty()
    }),
    ("drops-unavailable", "sentiance", |mut bench| {
        let batch = bring(&mut bench);
        bench.status(&batch, 503);
        bench.core.stored().kept() == 0
    }),
    ("flushes-to-next-user", "finbox", |mut bench| {
        assert!(bench.record("1", "location"));
        bench.order(Order::Reset {});
        bench.order(Order::CreateUser { credential: None, user_id: Some("user2".to_owned()) });
        bench.welcome("user-2", "session-2");
        bench.order(Order::SyncNow {});
        bench.asked().contains(&CommandName::SubmitBatch)
    }),
    ("ignores-permissions", "sentiance", |mut bench| {
        bench.grant("location", false);
        bench.record("1", "location")
    }),
    ("never-calms-down", "sentiance", |mut bench| {
        let batch = bring(&mut bench);
        bench.status(&batch, 503);
        let again = next(&mut bench);
        bench.reply(&again, ReplyName::BatchAccepted);
        bench.core.stored().failures > 0
    }),
    ("refreshes-each", "sentiance", |mut bench| {
        assert!(bench.record("1", "a") && bench.record("2", "b"));
        bench.order(Order::SyncNow {});
        for request in std::mem::take(&mut bench.sent) {
            bench.reply(&request, ReplyName::SessionExpired);
        }
        bench.asked().len() > 1
    }),
    ("retries-bad-request", "sentiance", |mut bench| {
        let batch = bring(&mut bench);
        bench.status(&batch, 400);
        bench.core.stored().kept() > 0
    }),
    ("reuses-unanswered", "techcentrix", |bench| {
        let mut bench = bench.killed();
        bench.create("credential-2");
        let request = bench.request();
        bench.lose(&request);
        bench.asked() == [CommandName::CreateUser]
    }),
    ("sends-refused-again", "techcentrix", |bench| {
        let mut bench = bench.killed();
        bench.create("credential-2");
        let request = bench.request();
        bench.reply(&request, ReplyName::CredentialExpired);
        bench.asked() == [CommandName::CreateUser]
    }),
    ("timer-survives-reset", "finbox", |mut bench| {
        bench.order(Order::StartSync {});
        assert!(bench.record("1", "location"));
        bench.order(Order::Reset {});
        bench.pass(Millis::from_secs(86_400));
        bench.asked() == [CommandName::SubmitBatch]
    }),
    ("trusts-own-clock", "techcentrix", |bench| {
        // Of a JSON Web Token only the second part counts here; it ends in 2019.
        let claims = "eyJqdGkiOiJqIiwic3ViIjoicyIsImV4cCI6MTU1MTg4OTgxOH0";
        let mut bench = bench.killed();
        bench.order(Order::DeviceClock { offset_ms: 1_800_000_000_000 });
        bench.create(&format!("h.{claims}.s")) == Some(failed("credential_expired"))
    }),
];

fn bring(bench: &mut Bench) -> Request {
    assert!(bench.record("1", "location"));
    bench.order(Order::SyncNow {});
    bench.request()
}

/// The next request, when it is time for it.
fn next(bench: &mut Bench) -> Request {
    if bench.sent.is_empty() {
        bench.wake();
    }
    bench.request()
}

#[test]
fn every_sdk_mutant_makes_its_mistake_and_the_reference_does_not() {
    let names: Vec<&str> = COURSES.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, SDK_MUTANTS.iter().map(|mutant| mutant.name).collect::<Vec<_>>());
    for ((name, vendor, course), mutant) in COURSES.iter().zip(SDK_MUTANTS) {
        assert!(!course(Bench::signed_in(vendor)), "the reference: {name}");
        assert!(course(Bench::signed_in_like(vendor, (mutant.make)())), "{name}");
    }
}
