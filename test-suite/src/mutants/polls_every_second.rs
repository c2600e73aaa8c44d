//! Polls for a result in progress every second.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::Mutant;
use crate::reference::{BackendBehaviour, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "polls-every-second",
    mistake: "polls for a result in progress every second",
    breaks: "readback/polled-too-often",
    make: || Arc::new(PollsEverySecond),
};

struct PollsEverySecond;

impl BackendBehaviour for PollsEverySecond {
    fn pause_before_poll(&self, _vendor_client: &VendorClient, asking_for: Millis) -> Option<Millis> {
        (asking_for < Millis::from_secs(60)).then_some(Millis::from_secs(1))
    }
}
