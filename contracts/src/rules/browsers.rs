//! What browsers do for themselves: preflights, icons, a person's look. It is nobody's protocol, so no rule sees it.

use std::collections::BTreeSet;

use crate::history::{Event, Leg, What};

/// Separates what browsers do for themselves from everybody's calls.
#[derive(Debug, Default)]
pub(super) struct BrowserTraffic {
    exchanges: BTreeSet<u64>,
}

impl BrowserTraffic {
    /// Whether the event is such a request, or its answer or failure. Must be called for every event, in order.
    pub(super) fn has_part_in(&mut self, event: &Event) -> bool {
        match &event.event {
            What::Request(request) => request.leg == Leg::BrowserToVendor && self.exchanges.insert(request.exchange),
            What::Response(response) => self.exchanges.contains(&response.exchange),
            What::SendFailed { exchange, .. } => self.exchanges.contains(exchange),
            _ => false,
        }
    }
}
