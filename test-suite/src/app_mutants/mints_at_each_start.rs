//! Gets a credential at each start, needed or not.

use std::sync::Arc;

use standin_contracts::protocol::MintPolicy;

use super::AppMutant;
use crate::reference_app::AppBehaviour;

pub(super) const MUTANT: AppMutant = AppMutant {
    name: "mints-at-each-start",
    mistake: "gets a credential at each start, though its user is signed in",
    breaks: "credential/minted-needlessly",
    make: || Arc::new(MintsAtEachStart),
};

struct MintsAtEachStart;

impl AppBehaviour for MintsAtEachStart {
    fn creates_at_start(&self, _: MintPolicy, _: bool) -> bool {
        true
    }
}
