//! An install tells where pushes reach it.

use standin_contracts::protocol::{Field, Reply, ReplyName};

use super::{Engine, EngineReply, Step, needed};

impl Engine {
    /// The token that was told last is the one that counts.
    pub(super) fn register_push(&mut self, step: &Step<'_>) -> EngineReply {
        let install = step.caller.install.ok_or(ReplyName::Malformed)?;
        let token = needed(step.fields, &Field::PushToken)?;
        self.state.installs[install].push_token = Some(token.to_owned());
        Ok(Reply::new(ReplyName::PushRegistered))
    }
}
