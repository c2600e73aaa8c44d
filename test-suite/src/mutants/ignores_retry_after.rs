//! Comes back by its own schedule, whatever it is told.

use std::sync::Arc;

use standin_contracts::protocol::{CommandName, Millis};

use super::Mutant;
use crate::reference::{BackendBehaviour, CallError, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "ignores-retry-after",
    mistake: "comes back sooner than it is told",
    breaks: "sync/retry-after-ignored",
    make: || Arc::new(IgnoresRetryAfter),
};

struct IgnoresRetryAfter;

impl BackendBehaviour for IgnoresRetryAfter {
    fn pause_before_try(
        &self,
        vendor_client: &VendorClient,
        command: CommandName,
        tries: usize,
        _: &CallError,
    ) -> Option<Millis> {
        self.pauses(vendor_client, command).get(tries).copied()
    }

    fn as_behaviour(&self) -> &dyn BackendBehaviour {
        self
    }
}
