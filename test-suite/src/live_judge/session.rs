//! Live judging of one sandbox between two resets, with one session per vendor.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use standin_contracts::contract::Contract;
use standin_contracts::history::{Event, Header, What};
use standin_contracts::requirements::Requirements;
use standin_mock_server::Sandbox;

use super::vendor_session::VendorSession;
use crate::judging::{is_browsers, of_browsers};

/// How many events of one epoch are judged. All rules together keep about 20 kB for each event.
const MOST: u64 = 10_000;

pub(super) struct LiveSession {
    sandbox: String,
    number: u64,
    last: u64,
    vendors: Vec<VendorSession>,
    /// Exchanges that have no end yet.
    open: BTreeSet<u64>,
    nobodys: u64,
    of_browsers: u64,
}

impl LiveSession {
    pub(super) fn begin(
        sandbox: &Sandbox,
        number: u64,
        header: &Header,
        requirements: &BTreeMap<String, Requirements>,
    ) -> Self {
        let name = sandbox.name();
        let alone = sandbox.vendors().len() == 1;
        let judged = |contract: &Arc<Contract>, requirements: &Requirements| {
            VendorSession::new(name, contract.clone(), requirements.clone(), alone, header)
        };
        let vendors = sandbox.vendors().iter();
        let vendors =
            vendors.filter_map(|vendor| Some(judged(&vendor.contract, requirements.get(vendor.name())?))).collect();
        let (open, nobodys, of_browsers) = (BTreeSet::new(), 0, 0);
        Self { sandbox: name.to_owned(), number, last: 0, vendors, open, nobodys, of_browsers }
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The number of the last event observed; 0 before the first.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn observe(&mut self, event: &Arc<Event>) {
        self.last = event.seq;
        if event.seq > MOST {
            return;
        }
        match &event.event {
            What::Request(request) => self.open.insert(request.exchange),
            What::Response(response) => self.open.remove(&response.exchange),
            What::SendFailed { exchange, .. } => self.open.remove(exchange),
            _ => false,
        };
        let mut is_somebodys = false;
        for vendor in &mut self.vendors {
            is_somebodys |= vendor.observe(event);
        }
        let is_request = matches!(event.event, What::Request(_));
        self.of_browsers += u64::from(is_browsers(event));
        self.nobodys += u64::from(!is_somebodys && is_request && !is_browsers(event));
    }

    /// Reports the findings since the last call whose exchanges are all over.
    pub(super) fn tell_new_findings(&mut self, tell: &dyn Fn(String)) {
        self.vendors.iter_mut().for_each(|vendor| vendor.tell_new_findings(&self.open, tell));
    }

    /// Reports what can only be judged at the end, and for each vendor that was called what was exercised.
    pub(super) fn end(self, tell: &dyn Fn(String)) {
        let notices = self.notices();
        let (called, uncalled): (Vec<VendorSession>, Vec<VendorSession>) =
            self.vendors.into_iter().partition(VendorSession::is_called);
        if called.is_empty() {
            let vendors: Vec<&str> = uncalled.iter().map(VendorSession::vendor).collect();
            tell(format!("sandbox {}: nobody called {}, so nothing was judged\n\n", self.sandbox, vendors.join(", ")));
        }
        for vendor in called {
            vendor.end(&notices, tell);
        }
    }

    fn notices(&self) -> Vec<String> {
        let nobodys = self.nobodys;
        let nobodys =
            (nobodys > 0).then(|| format!("requests that named no vendor, and so were not judged: {nobodys}"));
        let full = format!("only the first {MOST} of {} events were judged: reset the sandbox to go on", self.last);
        nobodys.into_iter().chain(of_browsers(self.of_browsers)).chain((self.last > MOST).then_some(full)).collect()
    }
}
