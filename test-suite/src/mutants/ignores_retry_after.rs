//! Retries by its own schedule and ignores `Retry-After`.

use std::sync::Arc;

use standin_contracts::protocol::{CommandName, Millis};

use super::Mutant;
use crate::reference::{BackendBehaviour, CallError, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "ignores-retry-after",
    mistake: "retries sooner than `Retry-After` says",
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
}
