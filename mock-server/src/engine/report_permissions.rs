//! An install reports the permissions that its user granted.

use standin_contracts::protocol::{Reply, ReplyName};

use super::{Engine, EngineReply, Step};

impl Engine {
    /// Permissions that the call leaves out keep their last reported value.
    pub(super) fn report_permissions(&mut self, step: &Step<'_>) -> EngineReply {
        let install = step.caller.install.ok_or(ReplyName::Malformed)?;
        self.state.installs[install].note_permissions(step.fields);
        Ok(Reply::new(ReplyName::PermissionsNoted))
    }
}
