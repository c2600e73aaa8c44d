//! An install redeems a credential, creates its user by external id, or begins without a linked user.

use standin_contracts::contract::TokenFormat;
use standin_contracts::protocol::{Field, Fields, Reply, ReplyName};

use super::state::{Handle, Install, InstallRef, UserRef};
use super::{Engine, EngineReply, Step};

/// The user that an install will have, and the handle by which the install is found.
struct Wanted {
    user: UserRef,
    install: Option<InstallRef>,
    handle: Option<Handle>,
}

impl Engine {
    /// All refusals come before any change, so that a refusal leaves the credential unspent.
    pub(super) fn create_user(&mut self, step: &Step<'_>) -> EngineReply {
        let wanted = match (step.fields.text(&Field::Credential), step.fields.text(&Field::ExternalId)) {
            (Some(credential), _) => self.by_credential(credential, step)?,
            (None, Some(external_id)) if step.caller.by_client_key => self.outright(external_id, step),
            _ => self.unlinked(step),
        };
        let install = self.settle(wanted, step);
        let over = self.take_place(install);
        Ok(self.welcome(install, over, step))
    }

    fn by_credential(&mut self, value: &str, step: &Step<'_>) -> Result<Wanted, ReplyName> {
        let user = self.redeemable(value, step)?;
        let handle = handle(step.fields);
        let install = handle.as_ref().and_then(|handle| self.state.install_by(handle));
        let holder = install.and_then(|install| self.state.holder(install));
        if holder.is_some_and(|holder| holder != user) {
            return Err(ReplyName::InstallHasOtherUser);
        }
        if let Some(credential) = self.state.credentials.get_mut(value) {
            credential.spent = true;
        }
        Ok(Wanted { user, install, handle })
    }

    fn redeemable(&self, value: &str, step: &Step<'_>) -> Result<UserRef, ReplyName> {
        let credential = self.state.credentials.get(value).ok_or(ReplyName::CredentialUnknown)?;
        if step.now >= credential.expires_at {
            return Err(ReplyName::CredentialExpired);
        }
        if credential.spent && self.policy.single_use {
            return Err(ReplyName::CredentialSpent);
        }
        if self.state.users[credential.user].erased {
            return Err(ReplyName::UserWasErased);
        }
        Ok(credential.user)
    }

    /// A client key is proof enough of the external id. Several users may share a device, each with an install of its
    /// own.
    fn outright(&mut self, external_id: &str, step: &Step<'_>) -> Wanted {
        let user = self.user_of(external_id);
        let device = step.fields.text(&Field::DeviceId).or_else(|| step.fields.text(&Field::InstallId));
        let handle = device.map(|device| Handle::UserOnDevice(user, device.to_owned()));
        let install = handle.as_ref().and_then(|handle| self.state.install_by(handle));
        Wanted { user, install, handle }
    }

    /// A known install keeps its user. A new install gets a user without an external id.
    fn unlinked(&mut self, step: &Step<'_>) -> Wanted {
        let handle = handle(step.fields);
        let install = handle.as_ref().and_then(|handle| self.state.install_by(handle));
        let user = install.map(|install| self.state.installs[install].user);
        let living = user.filter(|user| !self.state.users[*user].erased);
        let user = living.unwrap_or_else(|| self.new_user(None));
        Wanted { user, install, handle }
    }

    /// Creates or updates the install. A disabled install is enabled again.
    fn settle(&mut self, wanted: Wanted, step: &Step<'_>) -> InstallRef {
        let install = wanted.install.unwrap_or_else(|| self.new_install(&wanted, step));
        let settled = &mut self.state.installs[install];
        settled.user = wanted.user;
        settled.disabled = false;
        settled.touch(step.fields, step.now);
        install
    }

    fn new_install(&mut self, wanted: &Wanted, step: &Step<'_>) -> InstallRef {
        let id = match &wanted.handle {
            Some(Handle::Install(id)) => id.clone(),
            _ => self.draw_id(TokenFormat::Hex(32)),
        };
        let app_id = step.fields.text(&Field::AppId).map(str::to_owned).or_else(|| step.caller.app_id.clone());
        self.state.add_install(wanted.handle.clone(), Install::new(id, wanted.user, app_id, step.now))
    }

    /// Opens a session for the install and returns the answer with it.
    fn welcome(&mut self, install: InstallRef, over: Option<ReplyName>, step: &Step<'_>) -> Reply {
        let session = self.open_session(install, over, step);
        let install = &self.state.installs[install];
        let user = &mut self.state.users[install.user];
        let name = if user.met { ReplyName::UserRestored } else { ReplyName::UserCreated };
        user.met = true;
        let reply = Reply { name, fields: session }.with(Field::Active, install.active);
        match &user.external_id {
            Some(external_id) => reply.with(Field::ExternalId, external_id.as_str()),
            None => reply,
        }
    }
}

fn handle(fields: &Fields) -> Option<Handle> {
    let install = fields.text(&Field::InstallId).map(|id| Handle::Install(id.to_owned()));
    install.or_else(|| fields.text(&Field::DeviceId).map(|id| Handle::Device(id.to_owned())))
}
