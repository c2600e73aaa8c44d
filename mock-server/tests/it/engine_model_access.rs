//! The model's judgement of keys: the alternatives of an operation that a request satisfies, and the refusals for the
//! others.

use standin_contracts::protocol::{Field, Guard, KeyKind, ReplyName};
use standin_mock_server::engine::{KeyRing, KeyState, Scopes};

use crate::engine_model::Model;
use crate::vendor_under_test::Said;

/// Whether the request is admitted, and the refusals that fit if it is not.
pub(crate) fn refusals(model: &Model, keys: &KeyRing, said: &Said) -> (bool, Vec<ReplyName>) {
    let each: Vec<Option<ReplyName>> = said
        .call
        .access
        .iter()
        .map(|guards| guards.iter().find_map(|guard| refusal(model, keys, guard, said)))
        .collect();
    (each.is_empty() || each.contains(&None), each.into_iter().flatten().collect())
}

fn refusal(model: &Model, keys: &KeyRing, guard: &Guard, said: &Said) -> Option<ReplyName> {
    match (guard.kind, guard.sent.as_deref()) {
        (KeyKind::Partner, _) => Some(ReplyName::KeyUnknown),
        (KeyKind::Session, None) => Some(ReplyName::SessionMissing),
        (KeyKind::Server | KeyKind::Client, None) => Some(ReplyName::KeyMissing),
        (KeyKind::Session, Some(sent)) => session(model, sent, said),
        (KeyKind::Client, Some(sent)) => {
            (!keys.client.iter().any(|key| key.value == sent)).then_some(ReplyName::KeyUnknown)
        }
        (KeyKind::Server, Some(sent)) => server(model, keys, (sent, &guard.scopes), said),
    }
}

fn session(model: &Model, sent: &str, said: &Said) -> Option<ReplyName> {
    let Some(session) = model.sessions.iter().find(|session| session.text == sent) else {
        return Some(ReplyName::SessionUnknown);
    };
    session.over.or_else(|| (said.at >= session.ends).then_some(ReplyName::SessionExpired))
}

fn server(model: &Model, keys: &KeyRing, (sent, wanted): (&str, &[String]), said: &Said) -> Option<ReplyName> {
    let Some(key) = keys.server.iter().find(|key| key.value == sent) else {
        let is_session = model.sessions.iter().any(|session| session.text == sent);
        let takes_sessions = said.call.access.iter().flatten().any(|guard| guard.kind == KeyKind::Session);
        return Some(if is_session && !takes_sessions { ReplyName::KeyLacksScope } else { ReplyName::KeyUnknown });
    };
    let lacks = |scope: &String| !matches!(&key.scopes, Scopes::Only(granted) if granted.contains(scope));
    let asked_app = said.call.input.as_ref().ok().and_then(|fields| fields.text(&Field::AppId));
    if key.state == KeyState::Revoked {
        Some(ReplyName::KeyRevoked)
    } else if key.expires_at.is_some_and(|end| said.at >= end) {
        Some(ReplyName::KeyExpired)
    } else if key.scopes != Scopes::All && wanted.iter().any(lacks) {
        Some(ReplyName::KeyLacksScope)
    } else if key.app_id.is_some() && asked_app.is_some() && key.app_id.as_deref() != asked_app {
        Some(ReplyName::KeyOfOtherApp)
    } else {
        None
    }
}
