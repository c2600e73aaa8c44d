//! A client backend reads the vendor's results for a user.

use standin_contracts::protocol::{Field, Reply, ReplyName, Timestamp};

use super::state::UserRef;
use super::{Engine, EngineReply, Step, needed};

impl Engine {
    /// A result is computed when it is first requested and kept for some time. Later requests start a new computation.
    pub(super) fn read_back(&mut self, step: &Step<'_>) -> EngineReply {
        let external_id = needed(step.fields, &Field::ExternalId)?;
        let user = self.state.living(external_id).ok_or(ReplyName::UserUnknown)?;
        let name = if self.state.installs_of(user).next().is_none() {
            ReplyName::ReadEmpty
        } else {
            self.progress(user, step.now)
        };
        Ok(Reply::new(name)
            .with(Field::ExternalId, external_id)
            .with(Field::UserId, self.state.users[user].id.as_str()))
    }

    fn progress(&mut self, user: UserRef, now: Timestamp) -> ReplyName {
        let asked = self.state.users[user].asked_at.filter(|asked| now < self.forgotten_at(*asked));
        let asked = *self.state.users[user].asked_at.insert(asked.unwrap_or(now));
        if now < asked.after(self.policy.ready_after) { ReplyName::ReadPending } else { ReplyName::ReadComplete }
    }

    fn forgotten_at(&self, asked: Timestamp) -> Timestamp {
        asked.after(self.policy.ready_after).after(self.policy.ready_for)
    }
}
