//! App mutants: apps with one mistake each.

mod asks_too_late;
mod counts_minutes;
mod creates_once;
mod dashes_id;
mod forgets_to_reset;
mod forwards_all_pushes;
mod gives_up_after_denial;
mod insists;
mod keeps_credential;
mod mints_at_each_start;
mod names_by_email;
mod readies_main_only;
mod replaces_user;
mod swallows_pushes;
mod syncs_after_logout;
mod syncs_too_early;

use std::sync::Arc;

use crate::reference_app::AppBehaviour;

/// An app with one mistake.
pub struct AppMutant {
    /// Its name.
    pub name: &'static str,
    /// The mistake.
    pub mistake: &'static str,
    /// The one rule that must fail.
    pub breaks: &'static str,
    /// Creates its behaviour.
    pub make: fn() -> Arc<dyn AppBehaviour>,
}

/// All app mutants, by name.
pub const APP_MUTANTS: &[AppMutant] = &[
    asks_too_late::MUTANT,
    counts_minutes::MUTANT,
    creates_once::MUTANT,
    dashes_id::MUTANT,
    forgets_to_reset::MUTANT,
    forwards_all_pushes::MUTANT,
    gives_up_after_denial::MUTANT,
    insists::MUTANT,
    keeps_credential::MUTANT,
    mints_at_each_start::MUTANT,
    names_by_email::MUTANT,
    readies_main_only::MUTANT,
    replaces_user::MUTANT,
    swallows_pushes::MUTANT,
    syncs_after_logout::MUTANT,
    syncs_too_early::MUTANT,
];
