//! An install tells what its user allows.

use standin_contracts::protocol::{Reply, ReplyName};

use super::{Engine, EngineReply, Step};

impl Engine {
    /// What the call leaves out stays as it was told last.
    pub(super) fn report_permissions(&mut self, step: &Step<'_>) -> EngineReply {
        let install = step.caller.install.ok_or(ReplyName::Malformed)?;
        self.state.installs[install].note_permissions(step.fields);
        Ok(Reply::new(ReplyName::PermissionsNoted))
    }
}
