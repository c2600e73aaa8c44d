//! Mutants: client backends with one mistake each. Every rule must catch at least one, and each mutant fails exactly
//! one rule.

mod acknowledges_before_keeping;
mod adds_by_turns;
mod asks_without_end;
mod believes_app;
mod believes_cookie;
mod believes_form;
mod believes_header;
mod believes_path;
mod believes_query;
mod breaks_body;
mod caches_credential;
mod checks_webhook_user_only;
mod constant_id;
mod dedupes_in_memory;
mod dedupes_last_only;
mod dedupes_too_late;
mod email_in_header;
mod erases_another;
mod erases_at_sign_in;
mod fails_open;
mod follows_redirect;
mod hands_over_error;
mod hands_over_key;
mod hashes_email;
mod id_by_process;
mod id_by_turns;
mod id_is_phone;
mod ignores_retry_after;
mod keeps_before_checking;
mod keeps_in_memory;
mod keeps_key_on_redirect;
mod key_in_other_header;
mod key_in_query;
mod last_by_arrival;
mod lets_caches_store;
mod makes_up_credential;
mod malformed_proof;
mod masks_id_twice;
mod patient_with_each_byte;
mod phone_hash_in_query;
mod polls_every_second;
mod polls_for_minutes;
mod prefixes_id;
mod reads_nonsense_as_zero;
mod refuses_duplicates;
mod refuses_other_types;
mod retries_refused_key;
mod retries_thrice;
mod retries_too_soon;
mod skips_login;
mod strips_id;
mod takes_any_id;
mod trusts_start_of_login;
mod waits_for_minutes;

use std::sync::Arc;

use crate::reference::BackendBehaviour;

/// A client backend with one mistake.
pub struct Mutant {
    /// Its name.
    pub name: &'static str,
    /// The mistake.
    pub mistake: &'static str,
    /// The one rule that must fail.
    pub breaks: &'static str,
    /// Creates a new instance.
    pub make: fn() -> Arc<dyn BackendBehaviour>,
}

/// Every mutant, sorted by name.
pub const MUTANTS: &[Mutant] = &[
    acknowledges_before_keeping::MUTANT,
    adds_by_turns::MUTANT,
    asks_without_end::MUTANT,
    believes_app::MUTANT,
    believes_cookie::MUTANT,
    believes_form::MUTANT,
    believes_header::MUTANT,
    believes_path::MUTANT,
    believes_query::MUTANT,
    breaks_body::MUTANT,
    caches_credential::MUTANT,
    checks_webhook_user_only::MUTANT,
    constant_id::MUTANT,
    dedupes_in_memory::MUTANT,
    dedupes_last_only::MUTANT,
    dedupes_too_late::MUTANT,
    email_in_header::MUTANT,
    erases_another::MUTANT,
    erases_at_sign_in::MUTANT,
    fails_open::MUTANT,
    follows_redirect::MUTANT,
    hands_over_error::MUTANT,
    hands_over_key::MUTANT,
    hashes_email::MUTANT,
    id_by_process::MUTANT,
    id_by_turns::MUTANT,
    id_is_phone::MUTANT,
    ignores_retry_after::MUTANT,
    keeps_before_checking::MUTANT,
    keeps_in_memory::MUTANT,
    keeps_key_on_redirect::MUTANT,
    key_in_other_header::MUTANT,
    key_in_query::MUTANT,
    last_by_arrival::MUTANT,
    lets_caches_store::MUTANT,
    makes_up_credential::MUTANT,
    malformed_proof::MUTANT,
    masks_id_twice::MUTANT,
    patient_with_each_byte::MUTANT,
    phone_hash_in_query::MUTANT,
    polls_every_second::MUTANT,
    polls_for_minutes::MUTANT,
    prefixes_id::MUTANT,
    reads_nonsense_as_zero::MUTANT,
    refuses_duplicates::MUTANT,
    refuses_other_types::MUTANT,
    retries_refused_key::MUTANT,
    retries_thrice::MUTANT,
    retries_too_soon::MUTANT,
    skips_login::MUTANT,
    strips_id::MUTANT,
    takes_any_id::MUTANT,
    trusts_start_of_login::MUTANT,
    waits_for_minutes::MUTANT,
];
