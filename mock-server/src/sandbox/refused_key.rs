//! Refusals for keys and sessions, in words: what the operation takes, and what was wrong with what was sent. They hold
//! no value of the request.

use standin_contracts::contract::{Contract, KeyPlace, KeyScheme, Operation, SchemeUse};
use standin_contracts::protocol::{CommandName, Field, KeyKind, ReplyName};

/// The words for a refusal that the engine gave because of a key or a session. `None` for every other reply.
pub(super) fn words(contract: &Contract, operation: &Operation, reply: ReplyName) -> Option<String> {
    let lacking = match reply {
        ReplyName::KeyMissing => "no such key was sent",
        ReplyName::KeyUnknown => "the key that was sent is none of this sandbox's keys",
        ReplyName::KeyRevoked => "the key that was sent is revoked",
        ReplyName::KeyExpired => "the key that was sent has expired",
        ReplyName::KeyLacksScope => "the key that was sent does not allow this call",
        ReplyName::KeyOfOtherApp => "the key that was sent belongs to another app",
        ReplyName::SessionMissing => "no session was sent",
        ReplyName::SessionUnknown => "the token that was sent is none of this sandbox's",
        ReplyName::SessionExpired => "the session that was sent has expired",
        ReplyName::SessionWasEnded => "the session that was sent was ended",
        ReplyName::InstallDeactivated => {
            "the session that was sent was ended, because another install has taken its place"
        }
        _ => return None,
    };
    let taken = taken(contract, operation);
    Some(if taken.is_empty() { lacking.to_owned() } else { format!("{taken}; {lacking}") })
}

/// The keys that an operation takes, and the refresh token that one without keys takes.
fn taken(contract: &Contract, operation: &Operation) -> String {
    let used = |used: &SchemeUse| key(&contract.schemes[used.scheme], &used.scopes);
    let way = |way: &Vec<SchemeUse>| way.iter().map(used).collect::<Vec<_>>().join(" and ");
    let mut ways: Vec<String> = operation.security.iter().filter(|keys| !keys.is_empty()).map(way).collect();
    if operation.command == CommandName::RefreshSession && operation.sends(&Field::Refresh) {
        ways.push("a refresh token that was not used yet".to_owned());
    }
    ways.join(", or ")
}

fn key(scheme: &KeyScheme, scopes: &[String]) -> String {
    let kind = match scheme.kind {
        KeyKind::Session => "a session's token".to_owned(),
        kind => format!("a {kind} key"),
    };
    let scoped = if scopes.is_empty() { String::new() } else { format!(" with the scope {}", scopes.join(" and ")) };
    format!("{kind}{scoped} in {}", place(scheme))
}

fn place(scheme: &KeyScheme) -> String {
    let prefix = &scheme.prefix;
    match &scheme.place {
        KeyPlace::Bearer => format!("`Authorization: Bearer {prefix}...`"),
        KeyPlace::Basic => "`Authorization: Basic ...`".to_owned(),
        KeyPlace::Header(name) => format!("the header `{name}: {prefix}...`"),
        KeyPlace::Query(name) => format!("the query parameter `{name}={prefix}...`"),
    }
}
