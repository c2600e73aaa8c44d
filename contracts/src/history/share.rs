//! One vendor's share of a history with several vendors. Rules judge by one contract.

use std::collections::BTreeSet;

use super::{Event, Header, Leg, Request, What};

/// Selects the events of one vendor, in order: its exchanges, and events that concern no vendor, such as a change of
/// the clock. An exchange on a vendor's leg that names no vendor belongs to no share.
#[derive(Debug)]
pub struct Share {
    vendor: String,
    /// The exchanges that are not the vendor's.
    others: BTreeSet<u64>,
}

impl Share {
    /// The share of this vendor, before the first event.
    pub fn of(vendor: &str) -> Self {
        Self { vendor: vendor.to_owned(), others: BTreeSet::new() }
    }

    /// Whether the event belongs to the share. Must be called for every event, in order.
    pub fn takes(&mut self, event: &Event) -> bool {
        match &event.event {
            What::Request(request) if !self.takes_request(request) => {
                self.others.insert(request.exchange);
                false
            }
            What::Response(response) => !self.others.contains(&response.exchange),
            What::SendFailed { exchange, .. } => !self.others.contains(exchange),
            _ => true,
        }
    }

    fn takes_request(&self, request: &Request) -> bool {
        match &request.vendor {
            Some(vendor) => *vendor == self.vendor,
            None => !matches!(request.leg, Leg::BackendToVendor | Leg::SdkToVendor | Leg::BrowserToVendor),
        }
    }
}

impl Header {
    /// The header of one vendor's share.
    #[must_use]
    pub fn share(&self, vendor: &str) -> Self {
        let mut share = self.clone();
        share.contracts.retain(|contract| contract.vendor == vendor);
        share
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, app, issue, response, wish};

    fn named(vendor: Option<&str>) -> Request {
        Request { vendor: vendor.map(str::to_owned), ..issue("a-1") }
    }

    fn taken(story: &Story, vendor: &str) -> Vec<u64> {
        let mut share = Share::of(vendor);
        story.events.iter().filter(|event| share.takes(event)).map(|event| event.seq).collect()
    }

    #[test]
    fn what_is_said_to_one_vendor_is_no_other_vendors_share() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.call(named(Some("acme")), response(200));
        let broken_off = story.send(named(Some("other")));
        story.event(What::SendFailed { exchange: broken_off, why: "hung up".to_owned(), unreached: false });
        story.answer(asked, response(200));
        story.event(What::Quiescent);
        assert_eq!(taken(&story, "acme"), [1, 2, 3, 6, 7]);
        assert_eq!(taken(&story, "other"), [1, 4, 5, 6, 7]);
    }

    #[test]
    fn a_call_that_names_no_vendor_is_nobodys() {
        let mut story = Story::new();
        story.call(named(None), response(404));
        story.call(Request { leg: Leg::BrowserToVendor, ..named(None) }, response(404));
        assert_eq!(taken(&story, "acme"), [] as [u64; 0]);
    }
}
