//! Mutants: client backends with one mistake each. Every rule must catch at least one, and each turns one rule red.

mod acknowledges_before_keeping;
mod adds_by_turns;
mod believes_app;
mod breaks_body;
mod caches_credential;
mod checks_webhook_user_only;
mod constant_id;
mod dedupes_in_memory;
mod dedupes_last_only;
mod dedupes_too_late;
mod garbled_proof;
mod hands_over_error;
mod hands_over_key;
mod id_by_process;
mod id_by_turns;
mod keeps_before_checking;
mod keeps_in_memory;
mod key_in_other_header;
mod key_in_query;
mod last_by_arrival;
mod refuses_duplicates;
mod refuses_other_types;
mod retries_refused_key;
mod skips_login;
mod trusts_start_of_login;

use std::sync::Arc;

use crate::reference::Conduct;

/// A client backend with one mistake.
pub struct Mutant {
    /// Its name.
    pub name: &'static str,
    /// What is wrong with it.
    pub mistake: &'static str,
    /// The one rule that must find it.
    pub breaks: &'static str,
    /// Makes a fresh one.
    pub make: fn() -> Arc<dyn Conduct>,
}

/// Every mutant, sorted by name.
pub const MUTANTS: &[Mutant] = &[
    acknowledges_before_keeping::MUTANT,
    adds_by_turns::MUTANT,
    believes_app::MUTANT,
    breaks_body::MUTANT,
    caches_credential::MUTANT,
    checks_webhook_user_only::MUTANT,
    constant_id::MUTANT,
    dedupes_in_memory::MUTANT,
    dedupes_last_only::MUTANT,
    dedupes_too_late::MUTANT,
    garbled_proof::MUTANT,
    hands_over_error::MUTANT,
    hands_over_key::MUTANT,
    id_by_process::MUTANT,
    id_by_turns::MUTANT,
    keeps_before_checking::MUTANT,
    keeps_in_memory::MUTANT,
    key_in_other_header::MUTANT,
    key_in_query::MUTANT,
    last_by_arrival::MUTANT,
    refuses_duplicates::MUTANT,
    refuses_other_types::MUTANT,
    retries_refused_key::MUTANT,
    skips_login::MUTANT,
    trusts_start_of_login::MUTANT,
];
