//! An install renews its session. Each token can be renewed once.

use standin_contracts::protocol::{Field, Reply, ReplyName};

use super::{Engine, EngineReply, Step};

impl Engine {
    /// The renewal ends the old token and the refresh token: each is good for one renewal. A refresh token outlives the
    /// session that it came with.
    pub(super) fn refresh_session(&mut self, step: &Step<'_>) -> EngineReply {
        let old = self.session_to_refresh(step)?;
        let session = self.state.sessions.get_mut(&old).ok_or(ReplyName::SessionUnknown)?;
        if let Some(why) = session.over {
            return Err(why);
        }
        session.over = Some(ReplyName::SessionWasEnded);
        let install = session.install;
        Ok(Reply { name: ReplyName::SessionRefreshed, fields: self.open_session(install, None, step) })
    }

    /// The token of the session to renew. A caller that submits both tokens must submit those of one session.
    fn session_to_refresh(&self, step: &Step<'_>) -> Result<String, ReplyName> {
        let Some(refresh) = step.fields.text(&Field::Refresh) else {
            return step.caller.session.clone().ok_or(ReplyName::Malformed);
        };
        let named = self.state.refreshes.get(refresh).ok_or(ReplyName::SessionUnknown)?;
        match &step.caller.session {
            Some(own) if own != named => Err(ReplyName::SessionUnknown),
            _ => Ok(named.clone()),
        }
    }
}
