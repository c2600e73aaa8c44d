//! A client backend registers a user before any credential exists.

use standin_contracts::protocol::{Field, Reply, ReplyName};

use super::{Engine, EngineReply, Step, needed};

impl Engine {
    /// The same external id gets the same user again, unless that user was erased.
    pub(super) fn register_user(&mut self, step: &Step<'_>) -> EngineReply {
        let external_id = needed(step.fields, &Field::ExternalId)?;
        let user = self.user_of(external_id);
        Ok(Reply::new(ReplyName::UserRegistered)
            .with(Field::UserId, self.state.users[user].id.as_str())
            .with(Field::ExternalId, external_id))
    }
}
