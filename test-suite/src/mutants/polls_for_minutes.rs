//! Polls for a result in progress at the right pace, and does not give up.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::Mutant;
use crate::reference::{BackendBehaviour, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "polls-for-minutes",
    mistake: "goes on polling for a result for five minutes",
    breaks: "readback/polled-too-often",
    make: || Arc::new(PollsForMinutes),
};

struct PollsForMinutes;

impl BackendBehaviour for PollsForMinutes {
    fn pause_before_poll(&self, vendor_client: &VendorClient, asking_for: Millis) -> Option<Millis> {
        let pause = vendor_client.contract().facts.read_back.poll_at_least.value;
        (asking_for < Millis::from_secs(300)).then_some(pause)
    }
}
