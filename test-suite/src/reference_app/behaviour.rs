//! How an app behaves at each turn. The defaults conform.

use std::collections::BTreeMap;

use standin_contracts::protocol::{Millis, MintPolicy};

use super::stored::{AppStored, Person};

/// How an app behaves. A mutant overrides the one decision that it takes differently.
pub trait AppBehaviour: Send + Sync + 'static {
    /// True if a process of the app readies its SDK before it does anything else; the main one has no name.
    fn readies(&self, _process: Option<&str>) -> bool {
        true
    }

    /// True if it asks for permissions before it has its user created.
    fn asks_first(&self) -> bool {
        true
    }

    /// True if it has its user created, whatever the user has allowed or denied by now.
    fn creates(&self, _permissions: &BTreeMap<String, bool>) -> bool {
        true
    }

    /// True if a start of the app by somebody who was signed in before has the user created again.
    fn creates_at_start(&self, mint: MintPolicy, by_credential: bool) -> bool {
        !by_credential || mint == MintPolicy::EachStart
    }

    /// True if a start takes the credential of an earlier one.
    fn keeps_credential(&self) -> bool {
        false
    }

    /// True if it takes a credential again that the vendor has just refused.
    fn insists(&self) -> bool {
        false
    }

    /// The company's id of whoever is logged in, for vendors whose SDK takes it.
    fn user_id(&self, person: &Person) -> Option<String> {
        person.user_id.clone()
    }

    /// True if syncs may be started, by whether the user is there.
    fn starts_sync(&self, has_user: bool) -> bool {
        has_user
    }

    /// What it sets the interval to, in what its SDK takes: seconds.
    fn interval(&self, wanted: Millis) -> u64 {
        wanted.get() / 1000
    }

    /// True if it hands a push over to its SDK.
    fn forwards(&self, is_the_vendors: bool) -> bool {
        is_the_vendors
    }

    /// True if it logs a user out before it takes another one's login.
    fn resets_for_another(&self) -> bool {
        true
    }

    /// True if it starts syncs that were on before, though nobody is logged in.
    fn syncs_without_user(&self) -> bool {
        false
    }

    /// What is left of a user who logs out; true if the SDK is reset as well.
    fn resets_at_logout(&self, stored: &mut AppStored) -> bool {
        let AppStored { asked, answered, has_synced, .. } = *stored;
        *stored = AppStored { asked, answered, has_synced, ..AppStored::default() };
        true
    }
}

/// The conduct that conforms.
#[derive(Debug)]
pub struct ConformingApp;

impl AppBehaviour for ConformingApp {}
