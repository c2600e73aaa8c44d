//! Randomizes the second half of each pause between tries, so that no retry comes at once.
//!
//! Where the vendor documents its pauses, half of the jitter is always added and the other half is random.

use std::sync::Arc;

use standin_contracts::protocol::{CommandName, Millis};

use super::Variant;
use super::jitter_rng::JitterRng;
use crate::reference::{BackendBehaviour, VendorClient};

pub(super) const VARIANT: Variant = Variant {
    name: "equal-jitter",
    summary: "retries with equal jitter",
    make: || Arc::new(EqualJitter::default()),
    adapt: |_| {},
};

#[derive(Default)]
struct EqualJitter(JitterRng);

impl BackendBehaviour for EqualJitter {
    fn pauses(&self, vendor_client: &VendorClient, command: CommandName) -> Vec<Millis> {
        let drawn = |pause: Millis| {
            let (least, jitter) = match command {
                CommandName::ReadBack => (pause.get() + pause.get() / 4, pause.get() / 4),
                _ => (pause.get() / 2, pause.get() / 2),
            };
            Millis::new(least + self.0.up_to(Millis::new(jitter)).get())
        };
        vendor_client.pauses(command).into_iter().map(drawn).collect()
    }
}
