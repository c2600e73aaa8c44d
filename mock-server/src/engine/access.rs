//! Access checks: compares the keys that a request submits with those that the operation accepts.

use standin_contracts::protocol::{Access, Call, Field, Guard, KeyKind, ReplyName, Timestamp};

use super::state::InstallRef;
use super::{Engine, KeyRing, KeyState};

/// The caller of an accepted request, and the keys that it used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Caller {
    /// The app that the key belongs to, if any.
    pub(super) app_id: Option<String>,
    /// Whether one of the keys was a client key.
    pub(super) by_client_key: bool,
    /// The install of the session, if a session was one of the keys.
    pub(super) install: Option<InstallRef>,
    pub(super) session: Option<String>,
}

impl Caller {
    /// Records the app of one more key. Refused if it differs from the app of the other keys.
    fn belong(&mut self, app_id: Option<&str>) -> Result<(), ReplyName> {
        match (&self.app_id, app_id) {
            (Some(known), Some(other)) if known != other => Err(ReplyName::KeyOfOtherApp),
            (None, Some(app_id)) => {
                self.app_id = Some(app_id.to_owned());
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Engine {
    /// Checks the alternatives in order; the first that is satisfied wins. If none is, the refusal of the alternative
    /// that got furthest is returned.
    pub(super) fn open(&self, now: Timestamp, keys: &KeyRing, call: &Call) -> Result<Caller, ReplyName> {
        let mut furthest = None;
        for access in &call.access {
            match self.open_by(access, now, keys, call) {
                Ok(caller) => return Ok(caller),
                Err(refusal) if furthest.is_none_or(|other| distance(refusal) > distance(other)) => {
                    furthest = Some(refusal);
                }
                Err(_) => {}
            }
        }
        furthest.map_or_else(|| Ok(Caller::default()), Err)
    }

    fn open_by(&self, access: &Access, now: Timestamp, keys: &KeyRing, call: &Call) -> Result<Caller, ReplyName> {
        let mut caller = Caller::default();
        for guard in access {
            match guard.kind {
                KeyKind::Server => self.server_key(guard, now, keys, call, &mut caller)?,
                KeyKind::Client => client_key(guard, keys, &mut caller)?,
                KeyKind::Session => self.session(guard, now, &mut caller)?,
                // A vendor accepts no partner key: it is the key that the vendor itself submits.
                KeyKind::Partner => return Err(ReplyName::KeyUnknown),
            }
        }
        match (&caller.app_id, asked_app(call)) {
            (Some(own), Some(asked)) if own != asked => Err(ReplyName::KeyOfOtherApp),
            _ => Ok(caller),
        }
    }

    fn server_key(
        &self,
        guard: &Guard,
        now: Timestamp,
        keys: &KeyRing,
        call: &Call,
        caller: &mut Caller,
    ) -> Result<(), ReplyName> {
        let sent = guard.sent.as_deref().ok_or(ReplyName::KeyMissing)?;
        let Some(key) = keys.server_key(sent) else {
            return Err(self.unauthenticated(sent, call));
        };
        if key.state == KeyState::Revoked {
            return Err(ReplyName::KeyRevoked);
        }
        if key.state == KeyState::Expired || key.expires_at.is_some_and(|end| now >= end) {
            return Err(ReplyName::KeyExpired);
        }
        if !key.covers(&guard.scopes) {
            return Err(ReplyName::KeyLacksScope);
        }
        caller.belong(key.app_id.as_deref())
    }

    /// The refusal for a value that is no server key. A session's token is known to the vendor, but lacks the scope. If
    /// the operation accepts sessions too, that alternative judges the token.
    fn unauthenticated(&self, sent: &str, call: &Call) -> ReplyName {
        let takes_sessions = call.access.iter().flatten().any(|guard| guard.kind == KeyKind::Session);
        if self.is_session(sent) && !takes_sessions { ReplyName::KeyLacksScope } else { ReplyName::KeyUnknown }
    }

    fn session(&self, guard: &Guard, now: Timestamp, caller: &mut Caller) -> Result<(), ReplyName> {
        let sent = guard.sent.as_deref().ok_or(ReplyName::SessionMissing)?;
        let session = self.state.sessions.get(sent).ok_or(ReplyName::SessionUnknown)?;
        if let Some(why) = session.over {
            return Err(why);
        }
        if now >= session.expires_at {
            return Err(ReplyName::SessionExpired);
        }
        caller.install = Some(session.install);
        caller.session = Some(sent.to_owned());
        Ok(())
    }
}

fn client_key(guard: &Guard, keys: &KeyRing, caller: &mut Caller) -> Result<(), ReplyName> {
    let sent = guard.sent.as_deref().ok_or(ReplyName::KeyMissing)?;
    let key = keys.client_key(sent).ok_or(ReplyName::KeyUnknown)?;
    match key.state {
        KeyState::Valid => {}
        KeyState::Revoked => return Err(ReplyName::KeyRevoked),
        KeyState::Expired => return Err(ReplyName::KeyExpired),
        KeyState::WithoutScope => return Err(ReplyName::KeyLacksScope),
    }
    caller.by_client_key = true;
    caller.belong(key.app_id.as_deref())
}

fn asked_app(call: &Call) -> Option<&str> {
    call.input.as_ref().ok()?.text(&Field::AppId)
}

/// How far a request got before it was refused; higher is further.
const fn distance(refusal: ReplyName) -> u8 {
    match refusal {
        ReplyName::KeyMissing | ReplyName::SessionMissing => 0,
        ReplyName::KeyUnknown | ReplyName::SessionUnknown => 1,
        _ => 2,
    }
}
