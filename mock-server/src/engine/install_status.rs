//! The install status: a one-word summary of the vendor's state of an install.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::{Call, CommandName, Field, KeyKind, Reply, ReplyName, Timestamp};

use super::Engine;
use super::state::{Handle, InstallRef, Session};

/// The vendor's status of an install.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstallStatus {
    /// The vendor knows no such install, or the call comes from no install.
    Unknown,
    /// The user's data is taken from this install.
    Active,
    /// The install has a session, but its user's data is taken from another install.
    Idle,
    /// The session of the call has expired.
    Expired,
    /// The session of the call was ended.
    Ended,
    /// Another install of the user has taken over.
    Deactivated,
    /// The vendor disabled the install, or refuses its user on this device.
    Disabled,
    /// The user was erased.
    Erased,
}

/// One transition of the vendor's state: the command and its reply, with the install status before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// The install status before.
    pub from: InstallStatus,
    /// The command.
    pub command: CommandName,
    /// The reply.
    pub reply: ReplyName,
    /// The install status after.
    pub to: InstallStatus,
}

impl Engine {
    /// The status of the install that a call comes from.
    pub fn install_status(&self, now: Timestamp, call: &Call) -> InstallStatus {
        if let Some(session) = self.shown_session(call) {
            return self.status_in(session, now);
        }
        self.named_install(call).map_or(InstallStatus::Unknown, |install| self.status_of(install))
    }

    /// The status of the install that a call comes from, after the call got this reply.
    pub fn install_status_after(&self, now: Timestamp, call: &Call, reply: &Reply) -> InstallStatus {
        let opened = reply.fields.text(&Field::Session).and_then(|token| self.state.sessions.get(token));
        opened.map_or_else(|| self.install_status(now, call), |session| self.status_in(session, now))
    }

    fn shown_session(&self, call: &Call) -> Option<&Session> {
        let mut guards = call.access.iter().flatten().filter(|guard| guard.kind == KeyKind::Session);
        let refresh = || call.input.as_ref().ok()?.text(&Field::Refresh).and_then(|one| self.state.refreshes.get(one));
        let shown = guards.find_map(|guard| guard.sent.as_ref()).or_else(refresh);
        self.state.sessions.get(shown?)
    }

    fn named_install(&self, call: &Call) -> Option<InstallRef> {
        let fields = call.input.as_ref().ok()?;
        let user = fields.text(&Field::ExternalId).and_then(|id| self.state.living(id));
        let install = fields.text(&Field::InstallId).map(str::to_owned);
        let device = fields.text(&Field::DeviceId).map(str::to_owned);
        let shared = user.zip(device.clone().or_else(|| install.clone()));
        let handles = [
            shared.map(|(user, device)| Handle::UserOnDevice(user, device)),
            install.map(Handle::Install),
            device.map(Handle::Device),
        ];
        handles.into_iter().flatten().find_map(|handle| self.state.install_by(&handle))
    }

    fn status_in(&self, session: &Session, now: Timestamp) -> InstallStatus {
        let install = self.status_of(session.install);
        match session.over {
            _ if install == InstallStatus::Erased => install,
            Some(ReplyName::InstallDeactivated) => InstallStatus::Deactivated,
            Some(ReplyName::UserDisabled) => InstallStatus::Disabled,
            Some(_) if install == InstallStatus::Disabled => install,
            Some(_) => InstallStatus::Ended,
            None if now >= session.expires_at => InstallStatus::Expired,
            None => install,
        }
    }

    fn status_of(&self, install: InstallRef) -> InstallStatus {
        let install = &self.state.installs[install];
        match (self.state.users[install.user].erased, install.disabled, install.active) {
            (true, _, _) => InstallStatus::Erased,
            (_, true, _) => InstallStatus::Disabled,
            (_, _, true) => InstallStatus::Active,
            _ => InstallStatus::Idle,
        }
    }
}

#[cfg(test)]
mod tests {
    use standin_contracts::codec::ClientKeys;
    use standin_contracts::contract::{Contract, Secrets, builtin};
    use standin_contracts::protocol::Fields;

    use super::*;
    use crate::engine::Policy;
    use crate::sandbox::{CLIENT_KEY, SERVER_KEY};
    use crate::{Engine, KeyRing};

    const NOW: Timestamp = Timestamp::from_millis(1_767_600_000_000);

    struct Vendor {
        contract: Contract,
        engine: Engine,
    }

    impl Vendor {
        fn call(&self, command: CommandName, fields: &Fields, session: Option<&str>) -> Call {
            let keys = ClientKeys {
                server: Some(SERVER_KEY.to_owned()),
                client: Some(CLIENT_KEY.to_owned()),
                session: session.map(str::to_owned),
                ..ClientKeys::default()
            };
            let secrets = Secrets::default();
            let (place, wire) = self.contract.encode_request(command, fields, &keys, &secrets, NOW).expect("a request");
            self.contract.decode_request(place, &[], &wire, None, &secrets)
        }

        fn ask(&mut self, call: &Call) -> (Reply, InstallStatus) {
            let (ring, secrets) = (KeyRing::of(SERVER_KEY, CLIENT_KEY), Secrets::default());
            let contract = &self.contract;
            let reply = self.engine.apply(NOW, &ring, call, &|random, fields| contract.mint(random, fields, &secrets));
            let install_status = self.engine.install_status_after(NOW, call, &reply);
            (reply, install_status)
        }
    }

    #[test]
    fn an_install_has_the_status_of_its_session_and_the_vendor_knows_what_it_issued() {
        let contract = builtin("sentiance").expect("it ships").expect("it loads");
        let engine = Engine::new(Policy::from(&contract), 1);
        let mut vendor = Vendor { contract, engine };
        let alice = Fields::new().with(Field::ExternalId, "alice");
        let (issued, install_status) = vendor.ask(&vendor.call(CommandName::IssueCredential, &alice, None));
        assert_eq!(install_status, InstallStatus::Unknown, "no install asked");
        let credential = issued.fields.text(&Field::Credential).expect("a credential").to_owned();
        let fields = Fields::new()
            .with(Field::Credential, credential.as_str())
            .with(Field::InstallId, "install-1")
            .with(Field::AppId, "app-1")
            .with(Field::DeviceId, "device-1")
            .with(Field::DeviceKind, "phone");
        let (created, install_status) = vendor.ask(&vendor.call(CommandName::CreateUser, &fields, None));
        assert_eq!(install_status, InstallStatus::Active);
        let session = created.fields.text(&Field::Session).expect("a session").to_owned();
        assert!([&credential, &session, "install-1"].iter().all(|value| vendor.engine.knows(value)));
        assert!(!vendor.engine.knows("anything"));
        let shown = vendor.call(CommandName::EndSession, &Fields::new(), Some(&session));
        assert_eq!(vendor.engine.install_status(NOW, &shown), InstallStatus::Active);
        assert_eq!(vendor.ask(&shown).1, InstallStatus::Ended);
    }
}
