//! An install reports that it was reset, and gives up its session.

use standin_contracts::protocol::{Reply, ReplyName};

use super::{Engine, EngineReply, Step};

impl Engine {
    /// Ends all sessions that the install has left, unless the vendor treats the call as a notice only.
    pub(super) fn end_session(&mut self, step: &Step<'_>) -> EngineReply {
        let install = step.caller.install.ok_or(ReplyName::Malformed)?;
        if self.policy.ended_by_reset {
            self.state.end_sessions(install, ReplyName::SessionWasEnded);
            self.state.installs[install].active = false;
        }
        Ok(Reply::new(ReplyName::SessionEnded))
    }
}
