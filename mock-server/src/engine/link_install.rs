//! A client backend links an install that has no external id yet to a user.

use standin_contracts::protocol::{Field, Reply, ReplyName};

use super::state::{Handle, InstallRef, UserRef};
use super::{Engine, EngineReply, Step, needed};

impl Engine {
    /// A known external id takes over the install. An unknown one becomes the external id of the install's user.
    pub(super) fn link_install(&mut self, step: &Step<'_>) -> EngineReply {
        let external_id = needed(step.fields, &Field::ExternalId)?;
        let install = self.linkable(step)?;
        self.link(install, external_id)?;
        let install = &self.state.installs[install];
        Ok(Reply::new(ReplyName::InstallLinked)
            .with(Field::UserId, self.state.users[install.user].id.as_str())
            .with(Field::InstallId, install.id.as_str())
            .with(Field::ExternalId, external_id))
    }

    fn linkable(&self, step: &Step<'_>) -> Result<InstallRef, ReplyName> {
        let id = needed(step.fields, &Field::InstallId)?;
        let handle = Handle::Install(id.to_owned());
        let place = self.state.install_by(&handle).ok_or(ReplyName::InstallUnknown)?;
        let install = &self.state.installs[place];
        if install.disabled {
            return Err(ReplyName::InstallDisabled);
        }
        match (&step.caller.app_id, &install.app_id) {
            (Some(own), Some(app)) if own != app => Err(ReplyName::InstallOfOtherApp),
            _ => Ok(place),
        }
    }

    fn link(&mut self, install: InstallRef, external_id: &str) -> Result<(), ReplyName> {
        let known = self.state.living(external_id);
        match (self.state.holder(install), known) {
            (Some(holder), Some(user)) if holder == user => {}
            (Some(_), _) => return Err(ReplyName::InstallLinkedElsewhere),
            (None, Some(user)) => self.move_install(install, user),
            (None, None) => self.name_holder(install, external_id),
        }
        Ok(())
    }

    /// Joining an existing user has the effect of restoring it: the user's other devices may be deactivated.
    fn move_install(&mut self, install: InstallRef, user: UserRef) {
        self.state.installs[install].user = user;
        if let Some(why) = self.take_place(install) {
            self.state.end_sessions(install, why);
        }
    }

    fn name_holder(&mut self, install: InstallRef, external_id: &str) {
        let nobody = self.state.installs[install].user;
        if self.state.users[nobody].erased {
            self.state.installs[install].user = self.new_user(Some(external_id));
        } else {
            self.state.name_user(nobody, external_id);
        }
    }
}
