//! What the harness says in an SDK's place, where a client backend and an SDK are under test at once.
//!
//! In the scenarios of a backend the harness plays the SDK. Whoever is driven through an adapter has a base URL of its own for
//! each install, so a request without an install's label is the harness's. It belongs to no life that a rule about SDKs sees; rules
//! about client backends do see it, for it tells them what the vendor knows.

use std::collections::BTreeSet;

use crate::history::{Event, Header, Leg, Subject, What};

/// Tells an SDK that the harness plays from the one under test.
pub(super) struct HarnessTraffic {
    /// True if there may be both.
    is_possible: bool,
    exchanges: BTreeSet<u64>,
}

impl HarnessTraffic {
    pub(super) fn of(header: &Header) -> Self {
        let is_driven = header.capabilities.iter().any(|name| name.starts_with("sdk:") || name.starts_with("app:"));
        let is_possible = is_driven && header.subjects().contains(&Subject::ClientBackend);
        Self { is_possible, exchanges: BTreeSet::new() }
    }

    /// True if there may be such an SDK in this history.
    pub(super) fn is_possible(&self) -> bool {
        self.is_possible
    }

    /// True if this is a request of a played SDK, or what came of one.
    pub(super) fn has_part_in(&mut self, event: &Event) -> bool {
        match &event.event {
            What::Request(request) => {
                let is_played = self.is_possible && request.leg == Leg::SdkToVendor && request.install.is_none();
                is_played && self.exchanges.insert(request.exchange)
            }
            What::Response(response) => self.exchanges.contains(&response.exchange),
            What::SendFailed { exchange, .. } => self.exchanges.contains(exchange),
            _ => false,
        }
    }
}
