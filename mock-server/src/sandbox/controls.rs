//! What a test changes while it runs: the clock, faults, and the state of keys and installs. Each change is an event.

use standin_contracts::history::{ClockChange, FaultChange, InstallChange, KeyChange, What};
use standin_contracts::protocol::Millis;

use super::Sandbox;
use super::waiting::Parked;
use crate::clock::Clock;
use crate::engine::KeyState;
use crate::fault::{FaultError, FaultId, FaultSpec, FaultState};

/// Why a vendor in a sandbox can't be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VendorError {
    /// No such vendor is served.
    #[error("no vendor `{name}` is served here; there is: {}", known.join(", "))]
    UnknownVendor {
        /// What was written.
        name: String,
        /// What would be right.
        known: Vec<String>,
    },
    /// The vendor has no key of that label.
    #[error("no key has the label `{label}`; there is: {}", known.join(", "))]
    UnknownKey {
        /// What was written.
        label: String,
        /// What would be right.
        known: Vec<String>,
    },
    /// The vendor has no install of that id.
    #[error("no install has the id `{0}`; an install is there once it has created its user")]
    UnknownInstall(String),
}

impl Sandbox {
    /// Stops the clock where it is.
    pub fn freeze(&self) {
        self.change_clock("freeze", Clock::freeze);
    }

    /// Lets the clock run on from where it is.
    pub fn run(&self) {
        self.change_clock("run", Clock::run);
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Millis) {
        self.change_clock("advance", |clock| clock.advance(by));
    }

    fn change_clock(&self, change: &str, apply: impl FnOnce(&mut Clock)) {
        self.with(|state| {
            apply(&mut state.clock);
            let now = state.clock.now();
            state.append(What::Clock(ClockChange { change: change.to_owned(), now }));
        });
        self.inner.ticked.send_replace(());
    }

    /// Sets a fault.
    pub fn set_fault(&self, spec: FaultSpec) -> Result<FaultId, FaultError> {
        spec.check(&self.inner.contracts)?;
        Ok(self.with(|state| {
            let words = spec.words();
            let id = state.faults.set(spec);
            state.append(What::Fault(FaultChange { change: "set".to_owned(), fault: words }));
            id
        }))
    }

    /// Lets go the exchanges that a fault holds.
    pub fn release(&self, id: FaultId) -> Result<(), FaultError> {
        self.with(|state| {
            let Some(fault) = state.faults.release(id) else {
                let known = state.faults.states().iter().map(|state| state.id.0.to_string()).collect();
                return Err(FaultError::UnknownFault { id: id.0, known });
            };
            state.append(What::Fault(FaultChange { change: "released".to_owned(), fault }));
            state.let_go(id);
            Ok(())
        })
    }

    /// The exchanges that a fault holds, in the order in which they came.
    pub fn held(&self, id: FaultId) -> Vec<u64> {
        let state = self.inner.state.lock();
        let held = state.parked.iter().filter(|(_, parked)| **parked == Parked::Passed(id));
        held.map(|(exchange, _)| *exchange).collect()
    }

    /// Lets go one exchange that a fault holds.
    pub fn release_one(&self, id: FaultId, exchange: u64) {
        self.with(|state| {
            if let Some(fault) = state.faults.release_one(id, exchange) {
                let fault = format!("{fault}, for exchange {exchange}");
                state.append(What::Fault(FaultChange { change: "released".to_owned(), fault }));
                state.parked.remove(&exchange);
            }
        });
    }

    /// Takes a fault away and lets go what it holds; nothing happens if it isn't set any more.
    pub fn withdraw_fault(&self, id: FaultId) {
        self.with(|state| {
            if let Some(fault) = state.faults.withdraw(id) {
                state.let_go(id);
                state.append(What::Fault(FaultChange { change: "cleared".to_owned(), fault }));
            }
        });
    }

    /// Takes all faults away and lets go what they hold.
    pub fn clear_faults(&self) {
        self.with(|state| {
            for fault in state.faults.clear() {
                state.append(What::Fault(FaultChange { change: "cleared".to_owned(), fault }));
            }
            // From now on they are on their way, whenever their handlers get to it.
            state.parked.clear();
        });
    }

    /// The faults that are set, with what became of each.
    pub fn faults(&self) -> Vec<FaultState> {
        self.inner.state.lock().faults.states()
    }

    /// Changes the state of a key, named by its label.
    pub fn set_key_state(&self, vendor: &str, label: &str, key_state: KeyState) -> Result<(), VendorError> {
        let place = self.vendor_place(vendor)?;
        self.with(|state| {
            let unknown = |known| VendorError::UnknownKey { label: label.to_owned(), known };
            *state.vendors[place].keys.state_of(label).map_err(unknown)? = key_state;
            let change = key_state.words().to_owned();
            state.append(What::Key(KeyChange { key: label.to_owned(), change }));
            Ok(())
        })
    }

    /// Switches an install off, as the vendor's operator would: see [`Engine::disable_install`](crate::Engine::disable_install).
    pub fn disable_install(&self, vendor: &str, install_id: &str) -> Result<(), VendorError> {
        let place = self.vendor_place(vendor)?;
        let install = self.redact(install_id);
        self.with(|state| {
            if !state.vendors[place].engine.disable_install(install_id) {
                return Err(VendorError::UnknownInstall(install));
            }
            state.append(What::Install(InstallChange { install, change: "disabled".to_owned() }));
            Ok(())
        })
    }

    pub(super) fn vendor_place(&self, vendor: &str) -> Result<usize, VendorError> {
        let found = self.inner.contracts.iter().position(|contract| contract.vendor == vendor);
        found.ok_or_else(|| VendorError::UnknownVendor {
            name: vendor.to_owned(),
            known: self.inner.contracts.iter().map(|contract| contract.vendor.clone()).collect(),
        })
    }
}
