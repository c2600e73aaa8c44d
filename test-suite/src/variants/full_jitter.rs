//! Chooses each pause between tries at random from zero up to the full pause, so that backends that failed together
//! retry at different times.
//!
//! Where the vendor documents its pauses, a random part of up to half is added to them. A pause from zero would be too
//! short.

use std::sync::Arc;

use standin_contracts::protocol::{CommandName, Millis};

use super::Variant;
use super::jitter_rng::JitterRng;
use crate::reference::{BackendBehaviour, VendorClient};

pub(super) const VARIANT: Variant = Variant {
    name: "full-jitter",
    summary: "retries with full jitter",
    make: || Arc::new(FullJitter::default()),
    adapt: |_| {},
};

#[derive(Default)]
struct FullJitter(JitterRng);

impl BackendBehaviour for FullJitter {
    fn pauses(&self, vendor_client: &VendorClient, command: CommandName) -> Vec<Millis> {
        let drawn = |pause: Millis| match command {
            CommandName::ReadBack => Millis::new(pause.get() + self.0.up_to(Millis::new(pause.get() / 2)).get()),
            _ => self.0.up_to(pause),
        };
        vendor_client.pauses(command).into_iter().map(drawn).collect()
    }
}
