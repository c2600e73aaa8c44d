//! Sessions: opened at sign-in and at renewal.

use standin_contracts::contract::TokenFormat;
use standin_contracts::protocol::{Field, Fields, ReplyName};

use super::state::{InstallRef, Session};
use super::{Engine, Step};

impl Engine {
    /// Opens a session for the install and returns the fields that the answer reports. With a reason in `over`, the
    /// session is invalid from the start.
    pub(super) fn open_session(&mut self, install: InstallRef, over: Option<ReplyName>, step: &Step<'_>) -> Fields {
        let token = self.draw_id(self.policy.session_format);
        let expires_at = step.now.after(self.policy.session_lifetime).rounded_down(self.policy.session_step);
        self.state.sessions.insert(token.clone(), Session { install, expires_at, over });
        let refresh = self.policy.hands_out_refresh.then(|| self.draw_id(TokenFormat::Hex(64)));
        let install = &self.state.installs[install];
        let mut told = Fields::new()
            .with(Field::UserId, self.state.users[install.user].id.as_str())
            .with(Field::InstallId, install.id.as_str())
            .with(Field::Session, token.as_str())
            .with(Field::ExpiresAt, expires_at);
        if let Some(refresh) = refresh {
            told.set(Field::Refresh, refresh.as_str());
            self.state.refreshes.insert(refresh, token);
        }
        told
    }
}
