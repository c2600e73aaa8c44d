//! SDK mutants: SDKs with one mistake each.

mod batch_anew;
mod date_as_zero;
mod drops_unavailable;
mod flushes_to_next_user;
mod ignores_permissions;
mod never_calms_down;
mod refreshes_each;
mod retries_bad_request;
mod reuses_unanswered;
mod sends_refused_again;
mod timer_survives_reset;
mod trusts_own_clock;

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
    date_as_zero::MUTANT,
    drops_unavailable::MUTANT,
    flushes_to_next_user::MUTANT,
    ignores_permissions::MUTANT,
    never_calms_down::MUTANT,
    refreshes_each::MUTANT,
    retries_bad_request::MUTANT,
    reuses_unanswered::MUTANT,
    sends_refused_again::MUTANT,
    timer_survives_reset::MUTANT,
    trusts_own_clock::MUTANT,
];
