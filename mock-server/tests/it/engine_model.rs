//! An independent model of the answers that a vendor must give. It shares no code with the engine.
//!
//! It uses only what a client can see: the texts of credentials, sessions and ids, and their expiry times as sent on
//! the wire. It keeps plain lists and looks things up by name.

use std::collections::BTreeSet;

use standin_contracts::contract::Facts;
use standin_contracts::protocol::{CommandName, Field, FieldValue, Fields, KeyKind, ProofState, ReplyName, Timestamp};
use standin_mock_server::engine::KeyRing;

use crate::engine_model_access::refusals;
use crate::vendor_under_test::{Said, Step};

pub(crate) struct Model {
    pub(crate) facts: Facts,
    pub(crate) keys: KeyRing,
    pub(crate) users: Vec<User>,
    pub(crate) installs: Vec<Install>,
    credentials: Vec<Credential>,
    pub(crate) sessions: Vec<Session>,
}

#[derive(Default)]
pub(crate) struct User {
    id: Option<String>,
    external_id: Option<String>,
    erased: bool,
    was_created: bool,
    read_since: Option<Timestamp>,
}

/// One install, and what it submitted.
#[derive(Default)]
pub(crate) struct Install {
    names: BTreeSet<String>,
    app: Option<String>,
    pub(crate) user: usize,
    off: bool,
    pub(crate) tablet: bool,
    pub(crate) active: bool,
    pub(crate) batches: Vec<(String, Vec<String>)>,
    pub(crate) items: BTreeSet<String>,
}

pub(crate) struct Credential {
    text: String,
    user: usize,
    ends: Timestamp,
    used: bool,
}

/// A session, and the reason if it ended before it expired.
pub(crate) struct Session {
    pub(crate) text: String,
    pub(crate) install: usize,
    pub(crate) ends: Timestamp,
    pub(crate) over: Option<ReplyName>,
    pub(crate) refresh: Option<String>,
}

/// The replies that would be right, and the user and install that they are about.
#[derive(Default)]
pub(crate) struct Expected {
    pub(crate) replies: Vec<ReplyName>,
    pub(crate) user: Option<usize>,
    pub(crate) install: Option<usize>,
    /// The reason why the new session is refused from the start.
    pub(crate) over: Option<ReplyName>,
    /// The items that are kept, if the answer lists them.
    pub(crate) accepted: Option<Vec<String>>,
}

impl Expected {
    pub(crate) fn one(reply: ReplyName) -> Self {
        Self { replies: vec![reply], ..Self::default() }
    }

    pub(crate) fn about(self, user: usize) -> Self {
        Self { user: Some(user), ..self }
    }
}

impl Model {
    pub(crate) fn new(facts: &Facts, keys: &KeyRing) -> Self {
        Self {
            facts: facts.clone(),
            keys: keys.clone(),
            users: Vec::new(),
            installs: Vec::new(),
            credentials: Vec::new(),
            sessions: Vec::new(),
        }
    }

    /// Applies a step. Returns an error if the vendor's answer to it is wrong.
    pub(crate) fn judge(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::SwitchedOff { install, known } => {
                self.switch_off(install);
                if *known { Ok(()) } else { Err(format!("{install} was told, and can't be switched off")) }
            }
            Step::Said(said) => {
                let expected = self.expect(said);
                if !expected.replies.contains(&said.reply.name) {
                    return Err(format!("expected {:?}, got {:?} to {:?}", expected.replies, said.reply, said.call));
                }
                self.learn(said, &expected)
            }
        }
    }

    fn switch_off(&mut self, name: &str) {
        for (place, install) in self.installs.iter_mut().enumerate().filter(|(_, install)| install.names.contains(name))
        {
            install.off = true;
            install.active = false;
            let open = |session: &&mut Session| session.install == place && session.over.is_none();
            self.sessions.iter_mut().filter(open).for_each(|session| session.over = Some(ReplyName::SessionWasEnded));
        }
    }

    fn expect(&mut self, said: &Said) -> Expected {
        let (opened, refused) = refusals(self, &self.keys, said);
        if !opened {
            return Expected { replies: refused, ..Expected::default() };
        }
        let fields = match &said.call.input {
            Ok(fields) => fields,
            Err(malformed) => return Expected::one(malformed.reply()),
        };
        if [ProofState::Absent, ProofState::Invalid].contains(&said.call.proof) {
            return Expected::one(ReplyName::ProofWrong);
        }
        match said.call.command {
            CommandName::RegisterUser => {
                let user = self.user_called(external_id(fields));
                Expected::one(ReplyName::UserRegistered).about(user)
            }
            CommandName::IssueCredential => self.issue(fields),
            CommandName::CreateUser => self.create(said, fields),
            CommandName::RefreshSession => self.refresh(said, fields),
            CommandName::SubmitBatch => self.submit(said, fields),
            CommandName::ReportPermissions => Expected::one(ReplyName::PermissionsNoted),
            CommandName::RegisterPush => Expected::one(ReplyName::PushRegistered),
            CommandName::EndSession => self.end(said),
            CommandName::EraseUser => self.erase(said, fields),
            CommandName::LinkInstall => self.link(said, fields),
            CommandName::ListInstalls => self.list(said, fields),
            CommandName::ReadBack => self.read(said.at, fields),
            // No contract has these among a vendor's operations.
            _ => Expected::one(ReplyName::Malformed),
        }
    }

    fn issue(&mut self, fields: &Fields) -> Expected {
        let Some(id) = fields.text(&Field::UserId) else {
            let user = self.user_called(external_id(fields));
            return Expected::one(ReplyName::CredentialIssued).about(user);
        };
        match self.user_with(id) {
            None => Expected::one(ReplyName::UserUnknown),
            Some(user) if self.users[user].erased => Expected::one(ReplyName::UserWasErased),
            Some(user) => Expected::one(ReplyName::CredentialIssued).about(user),
        }
    }

    fn create(&mut self, said: &Said, fields: &Fields) -> Expected {
        let by_client_key = said.call.access.iter().flatten().any(|guard| guard.kind == KeyKind::Client);
        let device = fields.text(&Field::DeviceId);
        let own = fields.text(&Field::InstallId).map(str::to_owned).or_else(|| device.map(|id| format!("device {id}")));
        match (fields.text(&Field::Credential), fields.text(&Field::ExternalId)) {
            (Some(text), _) => self.redeem(said, text, own),
            (None, Some(external_id)) if by_client_key => {
                let user = self.user_called(external_id);
                let name = device.map(|device| format!("user {user} on {device}"));
                self.created(said, user, name)
            }
            _ => {
                let before = own.as_deref().and_then(|name| self.install_called(name));
                let user = before.map(|install| self.installs[install].user).filter(|user| !self.users[*user].erased);
                let user = user.unwrap_or_else(|| self.new_user(None));
                self.created(said, user, own)
            }
        }
    }

    fn redeem(&mut self, said: &Said, text: &str, install: Option<String>) -> Expected {
        let Some(credential) = self.credentials.iter().position(|credential| credential.text == text) else {
            return Expected::one(ReplyName::CredentialUnknown);
        };
        let Credential { user, ends, used, .. } = self.credentials[credential];
        if said.at >= ends {
            return Expected::one(ReplyName::CredentialExpired);
        }
        if used && self.facts.credential.single_use.value {
            return Expected::one(ReplyName::CredentialSpent);
        }
        if self.users[user].erased {
            return Expected::one(ReplyName::UserWasErased);
        }
        let before = install.as_deref().and_then(|name| self.install_called(name));
        if before.and_then(|before| self.owner(before)).is_some_and(|owner| owner != user) {
            return Expected::one(ReplyName::InstallHasOtherUser);
        }
        self.credentials[credential].used = true;
        self.created(said, user, install)
    }

    /// The user is created on this install, which is enabled again if it was disabled.
    fn created(&mut self, said: &Said, user: usize, name: Option<String>) -> Expected {
        let before = name.as_deref().and_then(|name| self.install_called(name));
        let place = before.unwrap_or_else(|| {
            let fields = said.call.input.as_ref().expect("a good request");
            let app = fields.text(&Field::AppId).map(str::to_owned);
            self.installs.push(Install { names: name.into_iter().collect(), app, ..Install::default() });
            self.installs.len() - 1
        });
        self.installs[place].user = user;
        self.installs[place].off = false;
        let kind = said.call.input.as_ref().ok().and_then(|fields| fields.text(&Field::DeviceKind));
        self.installs[place].tablet = kind.map_or(self.installs[place].tablet, |kind| kind == "tablet");
        let over = self.seat(place);
        let again = std::mem::replace(&mut self.users[user].was_created, true);
        let reply = if again { ReplyName::UserRestored } else { ReplyName::UserCreated };
        Expected { install: Some(place), over, ..Expected::one(reply).about(user) }
    }

    fn erase(&mut self, said: &Said, fields: &Fields) -> Expected {
        let own = self.session_user(said);
        let user = match (fields.text(&Field::UserId).map(|id| self.user_with(id)), own) {
            (Some(Some(named)), Some(own)) if named != own => return Expected::one(ReplyName::KeyLacksScope),
            (Some(None), _) => return Expected::one(ReplyName::UserUnknown),
            (Some(Some(user)), _) | (None, Some(user)) => user,
            (None, None) => return Expected::one(ReplyName::Malformed),
        };
        if self.users[user].erased {
            return Expected::one(ReplyName::UserWasErased);
        }
        self.users[user].erased = true;
        for session in &mut self.sessions {
            if self.installs[session.install].user == user {
                session.over = Some(ReplyName::UserWasErased);
            }
        }
        for install in self.installs.iter_mut().filter(|install| install.user == user) {
            (install.active, install.batches, install.items) = (false, Vec::new(), BTreeSet::new());
        }
        Expected::one(ReplyName::UserErased).about(user)
    }

    fn link(&mut self, said: &Said, fields: &Fields) -> Expected {
        let place = fields.text(&Field::InstallId).and_then(|name| self.install_called(name));
        let Some(place) = place else { return Expected::one(ReplyName::InstallUnknown) };
        if self.installs[place].off {
            return Expected::one(ReplyName::InstallDisabled);
        }
        let key_app = said.call.access.iter().flatten().find_map(|guard| self.app_of(guard.sent.as_deref()?));
        if let (Some(key_app), Some(app)) = (key_app, &self.installs[place].app)
            && key_app != *app
        {
            return Expected::one(ReplyName::InstallOfOtherApp);
        }
        let known =
            self.users.iter().position(|user| user.external_id.as_deref() == Some(external_id(fields)) && !user.erased);
        let before = self.installs[place].user;
        let user = match (self.owner(place), known) {
            (Some(owner), known) if known != Some(owner) => return Expected::one(ReplyName::InstallLinkedElsewhere),
            (_, Some(known)) => known,
            (_, None) if self.users[before].erased => self.new_user(Some(external_id(fields))),
            (_, None) => {
                self.users[before].external_id = Some(external_id(fields).to_owned());
                before
            }
        };
        self.installs[place].user = user;
        // An install that joins an existing user replaces the user's other devices.
        if user != before && known.is_some() {
            let over = self.seat(place);
            self.close(place, over);
        }
        Expected { install: Some(place), ..Expected::one(ReplyName::InstallLinked).about(user) }
    }

    fn list(&mut self, said: &Said, fields: &Fields) -> Expected {
        let Some(user) = self.living(external_id(fields)) else { return Expected::one(ReplyName::UserUnknown) };
        let count = self.installs.iter().filter(|install| install.user == user).count();
        let listed = match said.reply.fields.get(&Field::Installs) {
            Some(FieldValue::List(installs)) => installs.len(),
            _ => 0,
        };
        assert_eq!(listed, count, "of the installs of {:?}", self.users[user].external_id);
        Expected::one(ReplyName::InstallsListed).about(user)
    }

    fn read(&mut self, at: Timestamp, fields: &Fields) -> Expected {
        let Some(user) = self.living(external_id(fields)) else { return Expected::one(ReplyName::UserUnknown) };
        if !self.installs.iter().any(|install| install.user == user) {
            return Expected::one(ReplyName::ReadEmpty).about(user);
        }
        let (takes, kept) = (self.facts.read_back.ready_after.value.get(), self.facts.read_back.ready_for.value.get());
        let since = |begun: Timestamp| at.since(begun).get();
        let begun = self.users[user].read_since.filter(|begun| since(*begun) < takes + kept).unwrap_or(at);
        self.users[user].read_since = Some(begun);
        let reply = if since(begun) < takes { ReplyName::ReadPending } else { ReplyName::ReadComplete };
        Expected::one(reply).about(user)
    }

    /// Keeps what the answer says, and checks that it is about the right user and install.
    fn learn(&mut self, said: &Said, expected: &Expected) -> Result<(), String> {
        let text = |field| said.told.text(&field).map(str::to_owned);
        let ends = |after: standin_contracts::protocol::Millis| {
            said.told.time(&Field::ExpiresAt).unwrap_or_else(|| said.at.after(after))
        };
        if let (Some(user), Some(text)) = (expected.user, text(Field::Credential)) {
            let ends = ends(self.facts.credential.lifetime.value);
            self.credentials.push(Credential { text, user, ends, used: false });
        }
        if let (Some(install), Some(text)) = (expected.install, text(Field::Session)) {
            let ends = ends(self.facts.session.lifetime.value);
            self.sessions.push(Session {
                text,
                install,
                ends,
                over: expected.over,
                refresh: said.told.text(&Field::Refresh).map(str::to_owned),
            });
        }
        let told = said.told.get(&Field::Accepted);
        if let (Some(expected), Some(told)) = (&expected.accepted, told)
            && *told != FieldValue::Texts(expected.clone())
        {
            return Err(format!("{expected:?} was kept, and {told:?} told"));
        }
        if let (Some(install), Some(id)) = (expected.install, text(Field::InstallId)) {
            self.installs[install].names.insert(id);
        }
        match (expected.user, text(Field::UserId)) {
            (Some(user), Some(id)) => self.recognise(user, id),
            _ => Ok(()),
        }
    }

    fn recognise(&mut self, user: usize, id: String) -> Result<(), String> {
        match (&self.users[user].id, self.user_with(&id)) {
            (None, None) => {
                self.users[user].id = Some(id);
                Ok(())
            }
            (Some(known), _) if *known == id => Ok(()),
            (known, other) => Err(format!("user {user} with the id {known:?} was called {id}, the id of {other:?}")),
        }
    }

    /// The user of the session in the request, if the operation takes one.
    pub(crate) fn session_user(&self, said: &Said) -> Option<usize> {
        let server = said.call.access.iter().flatten().filter(|guard| guard.kind == KeyKind::Server);
        if server.filter_map(|guard| guard.sent.as_deref()).any(|sent| self.keys.knows(sent)) {
            return None;
        }
        let mut sessions = said.call.access.iter().flatten().filter(|guard| guard.kind == KeyKind::Session);
        let sent = sessions.find_map(|guard| guard.sent.as_deref())?;
        let session = self.sessions.iter().find(|session| session.text == sent)?;
        Some(self.installs[session.install].user)
    }

    fn app_of(&self, key: &str) -> Option<String> {
        self.keys.server.iter().find(|known| known.value == key)?.app_id.clone()
    }

    /// The user of an install, if the client company knows it.
    fn owner(&self, install: usize) -> Option<usize> {
        let user = self.installs[install].user;
        (self.users[user].external_id.is_some() && !self.users[user].erased).then_some(user)
    }

    fn living(&self, external_id: &str) -> Option<usize> {
        self.users.iter().position(|user| user.external_id.as_deref() == Some(external_id) && !user.erased)
    }

    fn user_called(&mut self, external_id: &str) -> usize {
        self.living(external_id).unwrap_or_else(|| self.new_user(Some(external_id)))
    }

    fn new_user(&mut self, external_id: Option<&str>) -> usize {
        self.users.push(User { external_id: external_id.map(str::to_owned), ..User::default() });
        self.users.len() - 1
    }

    fn user_with(&self, id: &str) -> Option<usize> {
        self.users.iter().position(|user| user.id.as_deref() == Some(id))
    }

    fn install_called(&self, name: &str) -> Option<usize> {
        self.installs.iter().position(|install| install.names.contains(name))
    }
}

fn external_id(fields: &Fields) -> &str {
    fields.text(&Field::ExternalId).expect("every contract asks for it here")
}
