//! The engine answers every call, with any contents and under the oddest contract.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use standin_contracts::contract::TokenFormat;
use standin_contracts::protocol::{
    ActiveDevices, Call, CommandName, Dedupe, Field, FieldValue, Fields, Guard, KeyKind, Malformed, Millis, ProofState,
    Timestamp,
};
use standin_mock_server::engine::{Engine, KeyRing, Policy};

fn policy() -> impl Strategy<Value = Policy> {
    let spans = vec(select(vec![0, 1, 999, 600_000, u64::MAX]).prop_map(Millis::new), 6);
    let formats = vec(select(vec![TokenFormat::Hex(16), TokenFormat::Uuid, TokenFormat::JwtHs512]), 2);
    let flags = vec(any::<bool>(), 3);
    let habits = (select(ActiveDevices::ALL), select(Dedupe::ALL), select(vec![0, 1, u64::MAX]));
    (spans, flags, formats, habits).prop_map(|(spans, flags, formats, habits)| Policy {
        credential_lifetime: spans[0],
        credential_step: spans[1],
        single_use: flags[0],
        hands_out_refresh: flags[1],
        ended_by_reset: flags[2],
        active_devices: habits.0,
        dedupe: habits.1,
        most_items: habits.2,
        session_lifetime: spans[2],
        session_step: spans[3],
        session_format: formats[0],
        user_id_format: formats[1],
        ready_after: spans[4],
        ready_for: spans[5],
    })
}

/// Texts that serve as keys, credentials and ids alike, so that any one is sent in any place.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(vec!["", "server", "client", "minted-0", "minted-1", "x"]).prop_map(str::to_owned),
        1 => "(?s).{0,20}",
    ]
}

fn value() -> impl Strategy<Value = FieldValue> {
    prop_oneof![
        8 => text().prop_map(FieldValue::Text),
        1 => any::<i64>().prop_map(FieldValue::Int),
        1 => any::<bool>().prop_map(FieldValue::Flag),
        1 => moment().prop_map(FieldValue::Time),
        1 => vec(text(), 0..3).prop_map(FieldValue::Texts),
        1 => vec(Just(Fields::new()), 0..3).prop_map(FieldValue::List),
    ]
}

fn field() -> impl Strategy<Value = Field> {
    let known = Field::names().into_iter().filter_map(|name| name.parse().ok()).collect::<Vec<Field>>();
    let most = vec![Field::ExternalId, Field::UserId, Field::InstallId, Field::Credential, Field::AppId];
    prop_oneof![
        3 => select(most),
        1 => select(known),
        1 => text().prop_map(Field::Permission),
    ]
}

fn moment() -> impl Strategy<Value = Timestamp> {
    prop_oneof![any::<i64>(), 0..10_000_i64, select(vec![i64::MIN, i64::MAX])].prop_map(Timestamp::from_millis)
}

fn guard() -> impl Strategy<Value = Guard> {
    (select(KeyKind::ALL), option::weighted(0.9, text()), vec(text(), 0..2)).prop_map(|(kind, sent, scopes)| Guard {
        kind,
        sent,
        scopes,
    })
}

fn malformed() -> impl Strategy<Value = Malformed> {
    prop_oneof![
        any::<usize>().prop_map(|limit| Malformed::TooLarge { limit }),
        text().prop_map(|got| Malformed::UnsupportedMedia { got, expected: Vec::new() }),
        vec(text(), 0..2).prop_map(|problems| Malformed::Shape { problems, field: None }),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    let fields = vec((field(), value()), 0..6).prop_map(|pairs| pairs.into_iter().collect::<Fields>());
    let input = prop_oneof![9 => fields.prop_map(Ok), 1 => malformed().prop_map(Err)];
    let access = prop_oneof![2 => Just(vec![]), 1 => vec(vec(guard(), 0..3), 0..3)];
    let proof = select(vec![ProofState::NotAsked, ProofState::Absent, ProofState::Invalid, ProofState::Valid]);
    (select(CommandName::ALL), access, input, proof).prop_map(|(command, access, input, proof)| Call {
        command,
        access,
        input,
        proof,
    })
}

proptest! {
    #[test]
    fn every_call_gets_an_answer_of_its_command(policy in policy(), calls in vec((moment(), call()), 0..60)) {
        let keys = KeyRing::of("server", "client");
        let mut engine = Engine::new(policy, 1);
        // A worse minter than any contract's: its credentials collide.
        let mint = |random: [u8; 32], _: &Fields| format!("minted-{}", random[0] % 2);
        for (at, call) in calls {
            let reply = engine.apply(at, &keys, &call, &mint);
            prop_assert!(reply.name.is_refusal() || call.command.own_replies().contains(&reply.name));
            prop_assert_eq!(reply.fields.time(&Field::RequestedAt), Some(at));
            prop_assert!(reply.fields.text(&Field::ExchangeId).is_some());
        }
    }
}
