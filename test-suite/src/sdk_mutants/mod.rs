//! SDK mutants: SDKs with one mistake each.

mod asks_each_time;
mod batch_anew;
mod believes_in_silence;
mod breaks_body;
mod clones_on;
mod comes_back_as_guest;
mod date_as_zero;
mod deaf_to_deactivation;
mod deaf_to_stop;
mod drops_at_stop;
mod drops_unavailable;
mod erases_at_reset;
mod fills_up_batches;
mod flushes_to_next_user;
mod follows_redirects;
mod ignores_permissions;
mod insists_on_large;
mod insists_on_renewal;
mod keeps_credential;
mod names_its_user;
mod newest_first;
mod nonsense_as_zero;
mod reads_minutes_for_hours;
mod records_in_memory;
mod refreshes_each;
mod replaces_its_user;
mod resets_memory_only;
mod retries_after_stop;
mod retries_bad_request;
mod sends_refused_again;
mod ships_server_key;
mod signed_in_too_early;
mod sleeps_through_pushes;
mod submits_twice;
mod submits_without_user;
mod syncs_half_as_often;
mod token_in_query;
mod travels_nameless;
mod trusts_any_200;
mod trusts_anybody;
mod trusts_own_clock;
mod waits_ever_alike;
mod waits_in_step;
mod waits_ten_minutes;
mod wakes_for_any_push;
mod wakes_for_each_push;

use std::sync::Arc;

use crate::reference_sdk::SdkBehaviour;

/// An SDK with one mistake.
pub struct SdkMutant {
    /// Its name.
    pub name: &'static str,
    /// The mistake.
    pub mistake: &'static str,
    /// The one rule that must fail.
    pub breaks: &'static str,
    /// Creates its behaviour.
    pub make: fn() -> Arc<dyn SdkBehaviour>,
}

/// All SDK mutants, by name.
pub const SDK_MUTANTS: &[SdkMutant] = &[
    asks_each_time::MUTANT,
    batch_anew::MUTANT,
    believes_in_silence::MUTANT,
    breaks_body::MUTANT,
    clones_on::MUTANT,
    comes_back_as_guest::MUTANT,
    date_as_zero::MUTANT,
    deaf_to_deactivation::MUTANT,
    deaf_to_stop::MUTANT,
    drops_at_stop::MUTANT,
    drops_unavailable::MUTANT,
    erases_at_reset::MUTANT,
    fills_up_batches::MUTANT,
    flushes_to_next_user::MUTANT,
    follows_redirects::MUTANT,
    ignores_permissions::MUTANT,
    insists_on_large::MUTANT,
    insists_on_renewal::MUTANT,
    keeps_credential::MUTANT,
    names_its_user::MUTANT,
    newest_first::MUTANT,
    nonsense_as_zero::MUTANT,
    reads_minutes_for_hours::MUTANT,
    records_in_memory::MUTANT,
    refreshes_each::MUTANT,
    replaces_its_user::MUTANT,
    resets_memory_only::MUTANT,
    retries_after_stop::MUTANT,
    retries_bad_request::MUTANT,
    sends_refused_again::MUTANT,
    ships_server_key::MUTANT,
    signed_in_too_early::MUTANT,
    sleeps_through_pushes::MUTANT,
    submits_twice::MUTANT,
    submits_without_user::MUTANT,
    syncs_half_as_often::MUTANT,
    token_in_query::MUTANT,
    travels_nameless::MUTANT,
    trusts_any_200::MUTANT,
    trusts_anybody::MUTANT,
    trusts_own_clock::MUTANT,
    waits_ever_alike::MUTANT,
    waits_in_step::MUTANT,
    waits_ten_minutes::MUTANT,
    wakes_for_any_push::MUTANT,
    wakes_for_each_push::MUTANT,
];
