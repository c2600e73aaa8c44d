//! Judging is total and deterministic, for any events that a file claims.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::judging::{header, requirements};
use crate::history::{
    AppIntent, Call, ContractRef, Event, Fate, Header, Leg, Login, Request, Response, Return, Subject, SubjectChange,
    TlsAttempt, TlsKind, TlsProgress, What,
};
use crate::protocol::{CommandName, ProofState, ReplyName, SdkCommandName};
use crate::rules::testing::{self, Story, body};
use crate::rules::{Judgement, judge};

const LEGS: [Leg; 6] = [
    Leg::AppToBackend,
    Leg::BackendToVendor,
    Leg::SdkToVendor,
    Leg::BackendToOtherOrigin,
    Leg::VendorToBackend,
    Leg::HarnessToBackend,
];
const LOGINS: [Login; 4] = [Login::Valid, Login::Absent, Login::Malformed, Login::Unknown];
const PROOFS: [ProofState; 4] = [ProofState::NotAsked, ProofState::Absent, ProofState::Invalid, ProofState::Valid];
const FATES: [Fate; 3] = [Fate::Delivered, Fate::Cut, Fate::Lost];
const TLS: [(TlsKind, TlsProgress); 4] = [
    (TlsKind::Good, TlsProgress::Spoke),
    (TlsKind::Good, TlsProgress::InClear),
    (TlsKind::Expired, TlsProgress::Spoke),
    (TlsKind::OldProtocol, TlsProgress::TurnedAway),
];
const TEXTS: [&str; 7] =
    ["", "server_key#1", "credential#1", "credential#2", "exchange-4711", "{\"error\":\"key_revoked\"}", "session#1 ü"];

fn text() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&TEXTS[..])
}

/// Exchanges collide on purpose, so that answers come twice, too early, or without a request.
fn exchange() -> impl Strategy<Value = u64> {
    0..5_u64
}

fn intent() -> impl Strategy<Value = Option<AppIntent>> {
    let user = prop::sample::select(&["alice", "bob"][..]);
    let call = prop::sample::select(&["credential", "read_back"][..]);
    let some = (call, user, prop::sample::select(&LOGINS[..]), any::<bool>()).prop_map(|(call, user, login, named)| {
        let named = named.then(|| "bob".to_owned());
        AppIntent { named, ..AppIntent::new(call, user, login) }
    });
    prop::option::of(some)
}

fn request() -> impl Strategy<Value = What> {
    let parts =
        (prop::sample::select(&LEGS[..]), prop::sample::select(CommandName::ALL), prop::sample::select(&PROOFS[..]));
    (exchange(), parts, text(), text(), text(), intent(), any::<bool>()).prop_map(
        |(exchange, (leg, command, proof), url, header, said, intent, is_step)| {
            let mut request = testing::vendor_call(command, url, said);
            request.leg = leg;
            request.headers.push(("cookie".to_owned(), header.to_owned()));
            request.intent = intent;
            request.install = (leg == Leg::SdkToVendor && proof != ProofState::Absent).then(|| "phone".to_owned());
            match request.step.as_mut().filter(|_| is_step) {
                Some(step) => {
                    step.proof = proof;
                    step.fields.extend(submitted());
                }
                None => request.step = None,
            }
            What::Request(Request { exchange, ..request }.into())
        },
    )
}

/// The contents of a batch, in every shape.
fn submitted() -> Map<String, Value> {
    let items = json!([{"item.id": "i-1", "item.category": "location"}, {"item.id": 7}, "i-2"]);
    let fields = json!({"batch_id": "b-1", "category": "location", "round": 8, "items": items});
    fields.as_object().cloned().unwrap_or_default()
}

fn response() -> impl Strategy<Value = What> {
    let reply = prop::option::of(prop::sample::select(ReplyName::ALL));
    (exchange(), reply, prop::sample::select(&FATES[..]), text(), text()).prop_map(
        |(exchange, reply, fate, header, said)| {
            let mut response = Response { reply, fate, body: Some(body(said)), ..testing::handed(said) };
            response.headers.push(("location".to_owned(), header.to_owned()));
            What::Response(Response { exchange, ..response }.into())
        },
    )
}

fn other() -> impl Strategy<Value = What> {
    prop_oneof![
        Just(What::Quiescent),
        Just(What::Subject(SubjectChange { change: "killed".to_owned() })),
        Just(What::Scenario { name: "any".to_owned() }),
        any::<u64>().prop_map(|events| What::Dropped { events }),
        exchange().prop_map(|exchange| What::SendFailed { exchange, why: "reset".to_owned(), unreached: false }),
        command(),
        prop::sample::select(&TLS[..]).prop_map(|(listener, went)| What::Tls(TlsAttempt { listener, went })),
        (exchange(), any::<bool>()).prop_map(|(call, success)| {
            What::Returned(Return { call, success, reason: None, value: Map::new() }.into())
        }),
    ]
}

/// Arguments have the right names and any values, since a file may contain any.
fn command() -> impl Strategy<Value = What> {
    let arguments = prop::sample::select(vec![
        json!({}),
        json!({"credential": "credential#1", "offset_ms": -300_000, "online": false, "foreign": true}),
        json!({"clone_of": "phone"}),
        json!({"id": "i-1", "category": "location", "permissions": {"location": false}, "online": true}),
        json!({"user_id": "email#alice", "process": "background", "payload": {"id": "push-1"}, "seconds": 480}),
        json!({"user_id": 7, "process": [], "payload": "none", "foreign": "no"}),
        json!({"id": 7, "category": [], "permissions": "all", "seconds": -1, "offset_ms": "soon", "online": null}),
    ]);
    let names = (prop::sample::select(SdkCommandName::ALL), prop::sample::select(&["phone", "tablet"][..]));
    (exchange(), names, arguments, any::<bool>()).prop_map(|(call, (name, install), arguments, by_app)| {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let user = Some("alice".to_owned());
        What::Call(Call { call, install: install.to_owned(), name, arguments, user, by_app }.into())
    })
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![4 => request(), 4 => response(), 2 => other()];
    prop::collection::vec(event, 0..40).prop_map(|whats| {
        let mut story = Story::new();
        for what in whats {
            story.tell(what);
        }
        story.events
    })
}

/// The verdicts on an SDK by itself, and on one in an app with all capabilities.
fn judged(events: &[Event]) -> Vec<Judgement> {
    let by_itself = Header { subjects: vec![Subject::ClientBackend, Subject::Sdk], ..header() };
    let able = SdkCommandName::ALL.iter().map(|name| format!("app:{name}"));
    let capabilities = ["app".to_owned()].into_iter().chain(able).collect();
    let facts = [("sync.interval", "8h"), ("credential.mint", "each_start")];
    let facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    let contracts = vec![ContractRef { vendor: "any".to_owned(), digest: String::new(), facts }];
    let in_an_app = Header { subjects: vec![Subject::App, Subject::Sdk], capabilities, contracts, ..header() };
    let judged = |header: &Header| judge(header, events, CommandName::ALL, &requirements(""), None);
    [by_itself, in_an_app].iter().flat_map(judged).collect()
}

/// The rules that look at one message at a time. No later event takes their findings away.
const PLAIN: [&str; 4] =
    ["key/in-wrong-place", "key/outside-server-leg", "transport/schema-broken", "transport/secret-in-url"];

proptest! {
    #[test]
    fn any_sequence_of_events_is_judged_and_twice_the_same(events in events()) {
        prop_assert_eq!(judged(&events), judged(&events));
    }

    #[test]
    fn what_a_prefix_shows_the_whole_shows_too(events in events(), cut in any::<prop::sample::Index>()) {
        let (before, whole) = (judged(&events[..cut.index(events.len() + 1)]), judged(&events));
        for (early, late) in before.iter().zip(&whole).filter(|(early, _)| PLAIN.contains(&early.rule.as_str())) {
            prop_assert!(late.findings.starts_with(&early.findings), "{}", early.rule);
            prop_assert!(late.exercised >= early.exercised, "{}", early.rule);
        }
    }

    #[test]
    fn a_finding_names_events_that_are_there(events in events()) {
        for finding in judged(&events).iter().flat_map(|judgement| &judgement.findings) {
            prop_assert!(finding.events.is_sorted() && !finding.events.is_empty());
            prop_assert!(finding.events.iter().all(|seq| (1..=events.len() as u64).contains(seq)));
        }
    }
}
