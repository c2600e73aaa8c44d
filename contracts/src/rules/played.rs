//! The requests that the harness makes in an SDK's place, if a client backend and an SDK are under test together.
//!
//! In the scenarios of a backend the harness plays the SDK. An SDK that is driven through an adapter has a base URL
//! of its own for each install. So a request without an install's label comes from the harness. It is hidden from
//! rules about SDKs. Rules about client backends see it, because it shows them what the vendor knows.

use std::collections::BTreeSet;

use crate::history::{Event, Header, Leg, Subject, What};

/// Separates the harness's own SDK requests from those of the SDK under test.
pub(super) struct HarnessTraffic {
    /// Whether the history can contain both.
    is_possible: bool,
    exchanges: BTreeSet<u64>,
}

impl HarnessTraffic {
    pub(super) fn of(header: &Header) -> Self {
        let is_driven = header.capabilities.iter().any(|name| name.starts_with("sdk:") || name.starts_with("app:"));
        let is_possible = is_driven && header.subjects().contains(&Subject::ClientBackend);
        Self { is_possible, exchanges: BTreeSet::new() }
    }

    /// Whether this history can contain SDK requests of the harness.
    pub(super) fn is_possible(&self) -> bool {
        self.is_possible
    }

    /// Whether the event is an SDK request of the harness, or its answer or failure.
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
