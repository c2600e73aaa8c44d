//! Reads a malformed `Retry-After` as no wait at all.

use std::sync::Arc;

use standin_contracts::protocol::{CommandName, Millis};

use super::Mutant;
use crate::reference::{BackendBehaviour, CallError, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "reads-nonsense-as-zero",
    mistake: "retries at once when it can't read `Retry-After`",
    breaks: "sync/retry-after-ignored",
    make: || Arc::new(ReadsNonsenseAsZero),
};

struct ReadsNonsenseAsZero;

impl BackendBehaviour for ReadsNonsenseAsZero {
    fn pause_before_try(
        &self,
        vendor_client: &VendorClient,
        command: CommandName,
        tries: usize,
        error: &CallError,
    ) -> Option<Millis> {
        let own = self.pauses(vendor_client, command).get(tries).copied()?;
        let told = error.told_to_wait(vendor_client.clock().now());
        Some(if error.says_when() { told.unwrap_or(Millis::new(0)) } else { own })
    }
}
