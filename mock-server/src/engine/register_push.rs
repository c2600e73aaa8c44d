//! An install registers its push token.

use standin_contracts::protocol::{Field, Reply, ReplyName};

use super::{Engine, EngineReply, Step, needed};

impl Engine {
    /// The latest token replaces earlier ones.
    pub(super) fn register_push(&mut self, step: &Step<'_>) -> EngineReply {
        let install = step.caller.install.ok_or(ReplyName::Malformed)?;
        let token = needed(step.fields, &Field::PushToken)?;
        self.state.installs[install].push_token = Some(token.to_owned());
        Ok(Reply::new(ReplyName::PushRegistered))
    }
}
