//! The decisions of an app. The defaults conform.

use std::collections::BTreeMap;

use standin_contracts::protocol::{Millis, MintPolicy};

use super::stored::{AppStored, Person};

/// The decisions of an app. A mutant overrides one of them.
pub trait AppBehaviour: Send + Sync + 'static {
    /// Whether a process of the app initializes its SDK before anything else. The main process has no name.
    fn readies(&self, _process: Option<&str>) -> bool {
        true
    }

    /// Whether it asks for permissions before it has its user created.
    fn asks_first(&self) -> bool {
        true
    }

    /// Whether it has its user created, given the permissions so far.
    fn creates(&self, _permissions: &BTreeMap<String, bool>) -> bool {
        true
    }

    /// Whether the app has a user created again at its start if the user was signed in before.
    fn creates_at_start(&self, mint: MintPolicy, by_credential: bool) -> bool {
        !by_credential || mint == MintPolicy::EachStart
    }

    /// Whether a start uses the credential of an earlier one.
    fn keeps_credential(&self) -> bool {
        false
    }

    /// Whether it uses a credential again that the vendor has just refused.
    fn insists(&self) -> bool {
        false
    }

    /// The client company's id of the logged-in user, for vendors whose SDK takes it.
    fn user_id(&self, person: &Person) -> Option<String> {
        person.user_id.clone()
    }

    /// Whether syncs may be started. `has_user` says whether the user exists.
    fn starts_sync(&self, has_user: bool) -> bool {
        has_user
    }

    /// The interval that it sets, in the unit of its SDK: seconds.
    fn interval(&self, wanted: Millis) -> u64 {
        wanted.get() / 1000
    }

    /// Whether it forwards a push to its SDK.
    fn forwards(&self, is_the_vendors: bool) -> bool {
        is_the_vendors
    }

    /// Whether it logs a user out before it accepts another user's login.
    fn resets_for_another(&self) -> bool {
        true
    }

    /// Whether it restarts earlier syncs when no user is logged in.
    fn syncs_without_user(&self) -> bool {
        false
    }

    /// Changes the storage at a logout. Returns whether the SDK is reset too.
    fn resets_at_logout(&self, stored: &mut AppStored) -> bool {
        let AppStored { asked, answered, has_synced, .. } = *stored;
        *stored = AppStored { asked, answered, has_synced, ..AppStored::default() };
        true
    }
}

/// The behaviour that conforms.
#[derive(Debug)]
pub struct ConformingApp;

impl AppBehaviour for ConformingApp {}
