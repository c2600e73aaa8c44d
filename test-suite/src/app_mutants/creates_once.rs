//! Assumes that a user who was created once needs no further call.

use std::sync::Arc;

use standin_contracts::protocol::MintPolicy;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "creates-once",
    mistake: "has its user created at the first start only",
    breaks: "user/not-created-at-start",
    make: || Arc::new(CreatesOnce),
};

struct CreatesOnce;

impl AppBehaviour for CreatesOnce {
    fn creates_at_start(&self, mint: MintPolicy, by_credential: bool) -> bool {
        by_credential && mint == MintPolicy::EachStart
    }
}
