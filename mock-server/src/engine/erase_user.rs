//! A user is erased, with its sessions and credentials.

use standin_contracts::protocol::{Field, Fields, Reply, ReplyName};

use super::state::UserRef;
use super::{Engine, EngineReply, Step};

impl Engine {
    /// Ends the user's sessions and voids its credentials. A session can erase its own user only.
    pub(super) fn erase_user(&mut self, step: &Step<'_>) -> EngineReply {
        let user = self.user_to_erase(step)?;
        if self.state.users[user].erased {
            return Err(ReplyName::UserWasErased);
        }
        self.erase(user);
        Ok(Reply::new(ReplyName::UserErased).with(Field::UserId, self.state.users[user].id.as_str()))
    }

    fn user_to_erase(&self, step: &Step<'_>) -> Result<UserRef, ReplyName> {
        let own = step.caller.install.map(|install| self.state.installs[install].user);
        let Some(id) = step.fields.text(&Field::UserId) else {
            return own.ok_or(ReplyName::Malformed);
        };
        match (self.state.user_by_id(id), own) {
            (Some(named), Some(own)) if named != own => Err(ReplyName::KeyLacksScope),
            (named, _) => named.ok_or(ReplyName::UserUnknown),
        }
    }

    /// The credentials stay known, so that redeeming one is refused with the reason.
    fn erase(&mut self, user: UserRef) {
        let erased = &mut self.state.users[user];
        erased.erased = true;
        erased.personal = Fields::new();
        let installs = &self.state.installs;
        for session in self.state.sessions.values_mut().filter(|session| installs[session.install].user == user) {
            session.over = Some(ReplyName::UserWasErased);
        }
        for install in self.state.installs.iter_mut().filter(|install| install.user == user) {
            install.forget();
        }
    }
}
