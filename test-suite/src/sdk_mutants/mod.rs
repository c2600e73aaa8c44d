//! SDK mutants: SDKs with one mistake each.

mod batch_anew;
mod breaks_body;
mod clones_on;
mod date_as_zero;
mod drops_unavailable;
mod erases_at_reset;
mod flushes_to_next_user;
mod follows_redirects;
mod ignores_permissions;
mod refreshes_each;
mod retries_bad_request;
mod sends_refused_again;
mod signed_in_too_early;
mod token_in_query;
mod trusts_anybody;
mod trusts_own_clock;
mod waits_ever_alike;
mod waits_ten_minutes;

use std::sync::Arc;

use crate::reference_sdk::SdkConduct;

/// An SDK with one mistake.
pub struct SdkMutant {
    /// Its name.
    pub name: &'static str,
    /// What is wrong with it.
    pub mistake: &'static str,
    /// The one rule that must find it.
    pub breaks: &'static str,
    /// Makes its conduct.
    pub make: fn() -> Arc<dyn SdkConduct>,
}

/// Every SDK mutant, by name.
pub const SDK_MUTANTS: &[SdkMutant] = &[
    batch_anew::MUTANT,
    breaks_body::MUTANT,
    clones_on::MUTANT,
    date_as_zero::MUTANT,
    drops_unavailable::MUTANT,
    erases_at_reset::MUTANT,
    flushes_to_next_user::MUTANT,
    follows_redirects::MUTANT,
    ignores_permissions::MUTANT,
    refreshes_each::MUTANT,
    retries_bad_request::MUTANT,
    sends_refused_again::MUTANT,
    signed_in_too_early::MUTANT,
    token_in_query::MUTANT,
    trusts_anybody::MUTANT,
    trusts_own_clock::MUTANT,
    waits_ever_alike::MUTANT,
    waits_ten_minutes::MUTANT,
];
