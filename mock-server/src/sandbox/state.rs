//! The state behind a sandbox's lock.

use std::collections::BTreeMap;

use standin_contracts::history::{Leg, Redactor, What};
use standin_contracts::protocol::{Field, Reply};

use super::SandboxSetup;
use super::coverage::Coverage;
use super::log::Log;
use super::vendor::Vendor;
use super::waiting::Parked;
use crate::clock::Clock;
use crate::fault::{FaultId, Faults};

/// The labels of the tokens that a reply issued.
pub(super) struct Issued {
    pub(super) credential: Option<String>,
    pub(super) session: Option<String>,
    pub(super) refresh: Option<String>,
}

/// An exchange that is not answered yet.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) leg: Leg,
    /// The label of the install whose base URL was used.
    pub(super) install: Option<String>,
    /// Whether its client is known to be gone, though the connection may not show it yet.
    pub(super) is_abandoned: bool,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) clock: Clock,
    pub(super) vendors: Vec<Vendor>,
    pub(super) faults: Faults,
    pub(super) log: Log,
    /// The exchanges that are not answered yet.
    pub(super) open: BTreeMap<u64, Open>,
    /// The exchanges that a fault keeps waiting, each with the way.
    pub(super) parked: BTreeMap<u64, Parked>,
    pub(super) unclaimed: u64,
    pub(super) coverage: Coverage,
    /// The number of the current epoch. An exchange that began before a reset is not recorded in it.
    pub(super) epoch: u64,
    last_exchange: u64,
    last_call: u64,
    credentials: u64,
    sessions: u64,
}

impl State {
    pub(super) fn new(setup: &SandboxSetup, epoch: u64) -> Self {
        Self {
            clock: Clock::new(setup.clock),
            vendors: setup.vendors.iter().map(|vendor| Vendor::new(vendor, setup.seed)).collect(),
            faults: Faults::default(),
            log: Log::new(setup),
            open: BTreeMap::new(),
            parked: BTreeMap::new(),
            unclaimed: 0,
            coverage: Coverage::default(),
            epoch,
            last_exchange: 0,
            last_call: 0,
            credentials: 0,
            sessions: 0,
        }
    }

    pub(super) fn append(&mut self, what: What) {
        self.log.append(self.clock.now(), self.clock.mono_us(), what);
    }

    pub(super) fn next_exchange(&mut self, leg: Leg, install: Option<&str>) -> u64 {
        self.last_exchange += 1;
        self.open.insert(self.last_exchange, Open { leg, install: install.map(str::to_owned), is_abandoned: false });
        self.last_exchange
    }

    /// Abandons the open exchanges of an install: their client is gone, and hears no answer.
    pub(super) fn abandon(&mut self, install: &str) {
        for (exchange, open) in self.open.iter_mut().filter(|(_, open)| open.install.as_deref() == Some(install)) {
            open.is_abandoned = true;
            self.faults.let_go(*exchange);
        }
    }

    pub(super) fn next_call(&mut self) -> u64 {
        self.last_call += 1;
        self.last_call
    }

    /// Closes an exchange: it was answered, or its client has disconnected.
    pub(super) fn close(&mut self, exchange: u64) {
        self.open.remove(&exchange);
        self.parked.remove(&exchange);
    }

    /// Counts the fault's exchanges as released, before their handlers run.
    pub(super) fn let_go(&mut self, fault: FaultId) {
        self.parked.retain(|_, parked| *parked != Parked::Held(fault));
    }

    /// Numbers the tokens of a reply, in the order in which they were issued, and returns their labels.
    pub(super) fn number(&mut self, reply: &Reply) -> Issued {
        Issued {
            credential: reply.fields.text(&Field::Credential).map(|_| {
                self.credentials += 1;
                format!("credential#{}", self.credentials)
            }),
            session: reply.fields.text(&Field::Session).map(|_| {
                self.sessions += 1;
                format!("session#{}", self.sessions)
            }),
            // A refresh token is issued with a session, and gets its number.
            refresh: reply.fields.text(&Field::Refresh).map(|_| format!("refresh#{}", self.sessions)),
        }
    }
}

/// A redactor that knows every key and secret of the sandbox's vendors. Secrets that vendors share have one label.
pub(super) fn redactor(setup: &SandboxSetup) -> Redactor {
    let mut redactor = Redactor::new();
    for vendor in &setup.vendors {
        for (value, label) in vendor.keys.labelled() {
            redactor.know(value, label);
        }
    }
    let secrets = setup.vendors.iter().map(|vendor| &vendor.secrets);
    for (number, secrets) in secrets.enumerate() {
        let number = number + 1;
        redactor.know(&secrets.server_hash, &format!("server_hash#{number}"));
        redactor.know(&secrets.signing_key, &format!("signing_key#{number}"));
        redactor.know(&secrets.sdk_constant, &format!("sdk_constant#{number}"));
    }
    redactor
}
