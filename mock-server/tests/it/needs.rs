//! The table of what commands need is the engine's own: with all of it a call is carried out or refused for another
//! reason, and with one thing less it is malformed.

use standin_contracts::contract::{Need, TokenFormat, lacking};
use standin_contracts::protocol::{
    Call, CommandName, Dedupe, Field, FieldValue, Fields, Guard, KeyKind, ProofState, ReplyName, Timestamp,
};
use standin_mock_server::engine::{Engine, KeyRing, Policy};

use crate::engine::policy;

/// The engine's reply to a call that carries just this, from an install that is signed in.
fn reply(command: CommandName, dedupe: Dedupe, carried: &[Need]) -> ReplyName {
    let mut engine = Engine::new(Policy { dedupe, ..policy() }, 1);
    let mut ask = |command, access, fields| {
        let call = Call { command, access, input: Ok(fields), proof: ProofState::NotAsked };
        let mint = |random, _: &Fields| TokenFormat::Hex(64).make(random);
        engine.apply(Timestamp::from_millis(0), &KeyRing::of("server", "app"), &call, &mint)
    };
    let made = ask(CommandName::CreateUser, vec![], Fields::new().with(Field::InstallId, "phone"));
    let session = made.fields.text(&Field::Session).map(str::to_owned);
    let guard = Guard { kind: KeyKind::Session, sent: session, scopes: vec![] };
    let access = if carried.contains(&Need::Session) { vec![vec![guard]] } else { vec![] };
    let mut fields = Fields::new();
    let mut item = Fields::new();
    for need in carried {
        match need {
            Need::Session => {}
            Need::Field(Field::ItemId) => item.set(Field::ItemId, "i-1"),
            Need::Field(field) => fields.set(field.clone(), "x"),
        }
    }
    if command == CommandName::SubmitBatch {
        fields.set(Field::Items, FieldValue::List(vec![item]));
    }
    ask(command, access, fields).name
}

#[test]
fn the_engine_needs_what_the_table_says_and_nothing_more() {
    let sent_to_a_vendor = |command: &CommandName| {
        !matches!(command, CommandName::Webhook | CommandName::WebhookProbe | CommandName::Push)
    };
    for command in CommandName::ALL.iter().copied().filter(sent_to_a_vendor) {
        for dedupe in [Dedupe::Batch, Dedupe::Item] {
            for way in command.needs(dedupe) {
                assert_ne!(reply(command, dedupe, &way), ReplyName::Malformed, "{command} with {way:?}");
                for at in 0..way.len() {
                    let mut less = way.clone();
                    less.remove(at);
                    let lacks = lacking(command, dedupe, |need| less.contains(need));
                    assert_eq!(
                        lacks.is_some(),
                        reply(command, dedupe, &less) == ReplyName::Malformed,
                        "{command}: {less:?}"
                    );
                }
            }
        }
    }
}
