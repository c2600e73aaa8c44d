//! The state that a case's steps lead to: the vendor's own engine, and installs as a conforming SDK would leave them.
//!
//! It decides which steps are likely next, so that rare states are covered. What an SDK really does is judged by the
//! rules.

use std::sync::Arc;

use standin_contracts::contract::{Contract, Secrets};
use standin_contracts::protocol::{
    Call, CommandName, Field, Fields, Guard, KeyKind, Millis, ProofState, Reply, Timestamp,
};
use standin_mock_server::engine::Policy;
use standin_mock_server::sandbox::{CLIENT_KEY, SERVER_KEY};
use standin_mock_server::{Engine, InstallStatus, KeyRing};

use super::step::{Doing, SdkStep, Who};
use crate::sdk::START;

#[derive(Debug, Clone)]
pub(super) struct Model {
    contract: Arc<Contract>,
    engine: Engine,
    keys: KeyRing,
    now: Timestamp,
    installs: Vec<Install>,
    /// How many devices there have been.
    devices: usize,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Install {
    device: String,
    tablet: bool,
    pub(super) runs: bool,
    pub(super) online: bool,
    pub(super) syncs: bool,
    /// About how many items of each category wait.
    pub(super) waiting: usize,
    user: Option<usize>,
    session: Option<String>,
    refresh: Option<String>,
}

impl Install {
    fn forget(&mut self) {
        (self.user, self.session, self.refresh) = (None, None, None);
        (self.syncs, self.waiting) = (false, 0);
    }
}

impl Model {
    /// The state with one phone, on which the app runs.
    pub(super) fn new(contract: Arc<Contract>, seed: u64) -> Self {
        let engine = Engine::new(Policy::from(&*contract), seed);
        let keys = KeyRing::of(SERVER_KEY, CLIENT_KEY);
        let mut model = Self { contract, engine, keys, now: START, installs: Vec::new(), devices: 0 };
        let phone = model.device(false);
        model.installs.push(phone);
        model
    }

    pub(super) fn installs(&self) -> &[Install] {
        &self.installs
    }

    /// The vendor's status of an install; `None` if its SDK holds no session.
    pub(super) fn install_status(&self, who: Who) -> Option<InstallStatus> {
        let session = self.installs[who].session.clone()?;
        Some(self.engine.install_status(self.now, &in_session(CommandName::SubmitBatch, session, Fields::new())))
    }

    fn device(&mut self, tablet: bool) -> Install {
        self.devices += 1;
        let device = format!("device-{}", self.devices);
        Install { device, tablet, runs: true, online: true, ..Install::default() }
    }

    /// The state after one more step.
    pub(super) fn after(mut self, step: &SdkStep) -> Self {
        self.take(step);
        self
    }

    fn take(&mut self, step: &SdkStep) {
        match step {
            SdkStep::Install { tablet, copy_of } => {
                let mut install = self.device(*tablet);
                // The new device starts without a session, even with copied storage.
                install.tablet |= copy_of.is_some() && *tablet;
                self.installs.push(install);
            }
            SdkStep::Pass(span) => self.now = self.now.after(*span),
            SdkStep::Together { branches, .. } => branches.iter().flatten().for_each(|step| self.take(step)),
            SdkStep::Key(_) | SdkStep::Meet(_) => {}
            step => self.at_install(step),
        }
    }

    fn at_install(&mut self, step: &SdkStep) {
        let Some(who) = step.who().filter(|who| *who < self.installs.len()) else { return };
        match step {
            SdkStep::Reinstall { keeps: false, .. } => self.installs[who] = self.device(self.installs[who].tablet),
            SdkStep::Launch(_) | SdkStep::Reinstall { keeps: true, .. } => self.installs[who].runs = true,
            SdkStep::Kill(_) => self.installs[who].runs = false,
            SdkStep::Restart { asleep, .. } => self.restart(who, *asleep),
            SdkStep::KillDuring { doing, asleep, .. } => {
                self.does(who, *doing);
                self.restart(who, *asleep);
            }
            SdkStep::Create { user, .. } | SdkStep::CreateLate { user, .. } => self.create(who, *user),
            SdkStep::Record { items, .. } => self.installs[who].waiting += items,
            SdkStep::StartSync(_) => self.installs[who].syncs = self.installs[who].session.is_some(),
            SdkStep::StopSync(_) => self.installs[who].syncs = false,
            SdkStep::SyncNow(_) => self.sync(who),
            SdkStep::Reset(_) => self.installs[who].forget(),
            SdkStep::Forget(_) => self.erase(who),
            SdkStep::Network { online, .. } => self.installs[who].online = *online,
            _ => {}
        }
    }

    fn does(&mut self, who: Who, doing: Doing) {
        match doing {
            Doing::Create(user) => self.create(who, user),
            Doing::SyncNow => self.sync(who),
            Doing::Reset => self.installs[who].forget(),
            Doing::Forget => self.erase(who),
        }
    }

    fn restart(&mut self, who: Who, asleep: Millis) {
        self.now = self.now.after(asleep);
        self.installs[who].runs = true;
    }

    fn speaks(&self, who: Who) -> bool {
        self.installs[who].runs && self.installs[who].online
    }

    fn create(&mut self, who: Who, user: usize) {
        let is_taken = self.installs[who].user.is_some_and(|other| other != user);
        if !self.speaks(who) || is_taken {
            return;
        }
        let id = format!("user{user}");
        let fields = Fields::new()
            .with(Field::InstallId, self.installs[who].device.as_str())
            .with(Field::DeviceId, self.installs[who].device.as_str())
            .with(Field::DeviceKind, if self.installs[who].tablet { "tablet" } else { "phone" });
        let fields = match self.credential(&id) {
            Some(credential) => fields.with(Field::Credential, credential),
            None => fields.with(Field::ExternalId, id),
        };
        let reply = self.ask(&by_key(KeyKind::Client, CLIENT_KEY, CommandName::CreateUser, fields));
        if let Some(session) = reply.fields.text(&Field::Session) {
            let install = &mut self.installs[who];
            (install.session, install.user) = (Some(session.to_owned()), Some(user));
            install.refresh = reply.fields.text(&Field::Refresh).map(str::to_owned);
        }
    }

    /// The credential that a client backend obtains, where the vendor issues any.
    fn credential(&mut self, id: &str) -> Option<String> {
        let mut fields = Fields::new().with(Field::ExternalId, id);
        for command in [CommandName::RegisterUser, CommandName::IssueCredential] {
            if self.contract.has(command) {
                let reply = self.ask(&by_key(KeyKind::Server, SERVER_KEY, command, fields.clone()));
                if let Some(credential) = reply.fields.text(&Field::Credential) {
                    return Some(credential.to_owned());
                }
                if let Some(user) = reply.fields.text(&Field::UserId) {
                    fields.set(Field::UserId, user);
                }
            }
        }
        None
    }

    /// Submits the waiting items. An expired session is renewed.
    fn sync(&mut self, who: Who) {
        if !self.speaks(who) {
            return;
        }
        match self.install_status(who) {
            Some(InstallStatus::Active) => self.installs[who].waiting = 0,
            Some(InstallStatus::Expired) => self.renew(who),
            _ => {}
        }
    }

    fn renew(&mut self, who: Who) {
        let Some(refresh) = self.installs[who].refresh.clone() else { return };
        let session = self.installs[who].session.clone().unwrap_or_default();
        let fields = Fields::new().with(Field::Refresh, refresh);
        let reply = self.ask(&in_session(CommandName::RefreshSession, session, fields));
        if let Some(session) = reply.fields.text(&Field::Session) {
            self.installs[who].session = Some(session.to_owned());
            self.installs[who].refresh = reply.fields.text(&Field::Refresh).map(str::to_owned);
        }
    }

    fn erase(&mut self, who: Who) {
        if let Some(session) = self.installs[who].session.clone().filter(|_| self.speaks(who)) {
            self.ask(&in_session(CommandName::EraseUser, session, Fields::new()));
            self.installs[who].forget();
        }
    }

    fn ask(&mut self, call: &Call) -> Reply {
        let (contract, secrets) = (self.contract.clone(), Secrets::default());
        let mint = move |random, fields: &Fields| contract.mint(random, fields, &secrets);
        self.engine.apply(self.now, &self.keys, call, &mint)
    }
}

fn by_key(kind: KeyKind, key: &str, command: CommandName, fields: Fields) -> Call {
    let guard = Guard { kind, sent: Some(key.to_owned()), scopes: Vec::new() };
    Call { command, access: vec![vec![guard]], input: Ok(fields), proof: ProofState::default() }
}

fn in_session(command: CommandName, session: String, fields: Fields) -> Call {
    by_key(KeyKind::Session, &session, command, fields)
}
