//! The vendor's stored state. No reply depends on the order of a hash table: installs are listed in the order in which
//! they were created.

use std::collections::{BTreeSet, HashMap, HashSet};

use standin_contracts::protocol::{Field, FieldValue, Fields, ReplyName, Timestamp};

pub(super) type UserRef = usize;
pub(super) type InstallRef = usize;

/// All stored state of a vendor. Users and installs are never removed, so that their indexes stay valid.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct State {
    pub(super) users: Vec<User>,
    pub(super) installs: Vec<Install>,
    pub(super) credentials: HashMap<String, Credential>,
    pub(super) sessions: HashMap<String, Session>,
    /// The session that each refresh token was issued with.
    pub(super) refreshes: HashMap<String, String>,
    by_external_id: HashMap<String, UserRef>,
    by_user_id: HashMap<String, UserRef>,
    by_handle: HashMap<Handle, InstallRef>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct User {
    pub(super) id: String,
    /// None for the user of an install that was never linked.
    pub(super) external_id: Option<String>,
    /// The personal data that the client backend sent last.
    pub(super) personal: Fields,
    /// Whether an install has created this user.
    pub(super) met: bool,
    pub(super) erased: bool,
    /// When the result that is being computed was first requested.
    pub(super) asked_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Install {
    pub(super) id: String,
    pub(super) user: UserRef,
    pub(super) app_id: Option<String>,
    pub(super) disabled: bool,
    pub(super) is_tablet: bool,
    /// Whether the user's data is taken from this install.
    pub(super) active: bool,
    pub(super) push_token: Option<String>,
    pub(super) submitted: Submitted,
    pub(super) created_at: Timestamp,
    pub(super) last_seen: Timestamp,
    pub(super) create_count: i64,
    pub(super) permissions: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Credential {
    pub(super) user: UserRef,
    pub(super) expires_at: Timestamp,
    pub(super) spent: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Session {
    pub(super) install: InstallRef,
    pub(super) expires_at: Timestamp,
    /// The reason why the session is invalid, other than its expiry.
    pub(super) over: Option<ReplyName>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Submitted {
    /// The batches that are recognised as duplicates, each with the ids of the items that were kept.
    pub(super) batches: HashMap<String, Vec<String>>,
    /// The items that are recognised as duplicates.
    pub(super) items: HashSet<String>,
    pub(super) count: usize,
}

/// The kind of device that yields to all others.
const TABLET: &str = "tablet";

/// The key by which an install is found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Handle {
    Install(String),
    /// By device, for SDKs that send no install id.
    Device(String),
    /// By user and device, for users that share a device.
    UserOnDevice(UserRef, String),
}

impl User {
    pub(super) fn new(id: String, external_id: Option<&str>) -> Self {
        Self {
            id,
            external_id: external_id.map(str::to_owned),
            personal: Fields::new(),
            met: false,
            erased: false,
            asked_at: None,
        }
    }
}

impl Install {
    pub(super) fn new(id: String, user: UserRef, app_id: Option<String>, now: Timestamp) -> Self {
        Self {
            id,
            user,
            app_id,
            disabled: false,
            is_tablet: false,
            active: false,
            push_token: None,
            submitted: Submitted::default(),
            created_at: now,
            last_seen: now,
            create_count: 0,
            permissions: BTreeSet::new(),
        }
    }

    /// Records one more create call, with what it reported.
    pub(super) fn touch(&mut self, fields: &Fields, now: Timestamp) {
        self.last_seen = now;
        self.create_count = self.create_count.saturating_add(1);
        if let Some(kind) = fields.text(&Field::DeviceKind) {
            self.is_tablet = kind == TABLET;
        }
        self.note_permissions(fields);
    }

    /// Deletes what the install reported and submitted, as its user was erased.
    pub(super) fn forget(&mut self) {
        self.active = false;
        self.permissions.clear();
        self.push_token = None;
        self.submitted = Submitted::default();
    }

    /// Records the permissions that are in the fields. The others keep their value.
    pub(super) fn note_permissions(&mut self, fields: &Fields) {
        for (field, value) in fields.iter() {
            match (field, value) {
                (Field::Permission(category), FieldValue::Flag(true)) => {
                    self.permissions.insert(category.clone());
                }
                (Field::Permission(category), FieldValue::Flag(false)) => {
                    self.permissions.remove(category);
                }
                _ => {}
            }
        }
    }
}

impl State {
    /// The user of an external id, unless it was erased.
    pub(super) fn living(&self, external_id: &str) -> Option<UserRef> {
        self.by_external_id.get(external_id).copied().filter(|user| !self.users[*user].erased)
    }

    pub(super) fn user_by_id(&self, id: &str) -> Option<UserRef> {
        self.by_user_id.get(id).copied()
    }

    pub(super) fn add_user(&mut self, user: User) -> UserRef {
        let place = self.users.len();
        self.by_user_id.insert(user.id.clone(), place);
        if let Some(external_id) = &user.external_id {
            self.by_external_id.insert(external_id.clone(), place);
        }
        self.users.push(user);
        place
    }

    /// Sets the external id of a user that had none.
    pub(super) fn name_user(&mut self, user: UserRef, external_id: &str) {
        self.users[user].external_id = Some(external_id.to_owned());
        self.by_external_id.insert(external_id.to_owned(), user);
    }

    pub(super) fn install_by(&self, handle: &Handle) -> Option<InstallRef> {
        self.by_handle.get(handle).copied()
    }

    pub(super) fn add_install(&mut self, handle: Option<Handle>, install: Install) -> InstallRef {
        let place = self.installs.len();
        self.by_handle.entry(Handle::Install(install.id.clone())).or_insert(place);
        if let Some(handle) = handle {
            self.by_handle.insert(handle, place);
        }
        self.installs.push(install);
        place
    }

    /// The user of an install. None if the user was erased, or has no external id.
    pub(super) fn holder(&self, install: InstallRef) -> Option<UserRef> {
        let user = self.installs[install].user;
        let known = self.users[user].external_id.is_some() && !self.users[user].erased;
        known.then_some(user)
    }

    /// Ends the sessions of an install. Sessions that are ended already keep their reason.
    pub(super) fn end_sessions(&mut self, install: InstallRef, why: ReplyName) {
        for session in self.sessions.values_mut().filter(|session| session.install == install) {
            session.over.get_or_insert(why);
        }
    }

    pub(super) fn installs_of(&self, user: UserRef) -> impl Iterator<Item = &Install> {
        self.installs.iter().filter(move |install| install.user == user)
    }
}
