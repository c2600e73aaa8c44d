//! A client backend lists the installs of a user.

use standin_contracts::protocol::{Field, FieldValue, Fields, Reply, ReplyName};

use super::state::Install;
use super::{Engine, EngineReply, Step, needed};

impl Engine {
    /// The installs, in the order in which they were created.
    pub(super) fn list_installs(&mut self, step: &Step<'_>) -> EngineReply {
        let external_id = needed(step.fields, &Field::ExternalId)?;
        let user = self.state.living(external_id).ok_or(ReplyName::UserUnknown)?;
        let installs = self.state.installs_of(user).map(entry).collect();
        let mut reply = Reply::new(ReplyName::InstallsListed).with(Field::ExternalId, external_id);
        reply.fields.set(Field::Installs, FieldValue::List(installs));
        Ok(reply)
    }
}

fn entry(install: &Install) -> Fields {
    let permissions = install.permissions.iter().cloned().collect();
    Fields::new()
        .with(Field::InstallItemId, install.id.as_str())
        .with(Field::InstallCreatedAt, install.created_at)
        .with(Field::InstallLastSeen, install.last_seen)
        .with(Field::InstallCreateCount, install.create_count)
        .with(Field::InstallPermissions, FieldValue::Texts(permissions))
}
