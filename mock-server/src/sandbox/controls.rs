//! Changes that a test makes at run time: to the clock, to faults, and to the state of keys and installs. Each is an
//! event.

use standin_contracts::history::{ClockChange, FaultChange, InstallChange, KeyChange, What};
use standin_contracts::protocol::Millis;

use super::Sandbox;
use super::waiting::Parked;
use crate::clock::Clock;
use crate::engine::KeyState;
use crate::fault::{FaultError, FaultId, FaultSpec, FaultState};

/// The reason why a vendor in a sandbox can't be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VendorError {
    /// The vendor is not served.
    #[error("no vendor `{name}` is served here; there is: {}", known.join(", "))]
    UnknownVendor {
        /// The name that was given.
        name: String,
        /// The names of the vendors that are served.
        known: Vec<String>,
    },
    /// The vendor has no key with this label.
    #[error("no key has the label `{label}`; there is: {}", known.join(", "))]
    UnknownKey {
        /// The label that was given.
        label: String,
        /// The labels that exist.
        known: Vec<String>,
    },
    /// The vendor has no install with this id, shown redacted.
    #[error("no install has the id `{0}`; an install is there once it has created its user")]
    UnknownInstall(String),
}

impl Sandbox {
    /// Freezes the clock at its current time.
    pub fn freeze(&self) {
        self.change_clock("freeze", Clock::freeze);
    }

    /// Lets the clock run from its current time.
    pub fn run(&self) {
        self.change_clock("run", Clock::run);
    }

    /// Advances the clock. It stays running or frozen.
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

    /// Sets a fault and returns its number. Fails if the spec names something unknown, or a value is out of range.
    pub fn set_fault(&self, spec: FaultSpec) -> Result<FaultId, FaultError> {
        spec.check(&self.inner.contracts)?;
        Ok(self.with(|state| {
            let words = spec.words();
            let id = state.faults.set(spec);
            state.append(What::Fault(FaultChange { change: "set".to_owned(), fault: words }));
            id
        }))
    }

    /// Releases the exchanges that a fault has parked.
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

    /// The numbers of the exchanges that a fault has parked, in the order of their requests.
    pub fn held(&self, id: FaultId) -> Vec<u64> {
        let state = self.inner.state.lock();
        let held = state.parked.iter().filter(|(_, parked)| **parked == Parked::Held(id));
        held.map(|(exchange, _)| *exchange).collect()
    }

    /// Releases one exchange that a fault has parked.
    pub fn release_one(&self, id: FaultId, exchange: u64) {
        self.with(|state| {
            if let Some(fault) = state.faults.release_one(id, exchange) {
                let fault = format!("{fault}, for exchange {exchange}");
                state.append(What::Fault(FaultChange { change: "released".to_owned(), fault }));
                state.parked.remove(&exchange);
            }
        });
    }

    /// Clears a fault and releases its exchanges. Does nothing if the fault is not set any more.
    pub fn withdraw_fault(&self, id: FaultId) {
        self.with(|state| {
            if let Some(fault) = state.faults.withdraw(id) {
                state.let_go(id);
                state.append(What::Fault(FaultChange { change: "cleared".to_owned(), fault }));
            }
        });
    }

    /// Clears all faults and releases their exchanges.
    pub fn clear_faults(&self) {
        self.with(|state| {
            for fault in state.faults.clear() {
                state.append(What::Fault(FaultChange { change: "cleared".to_owned(), fault }));
            }
            // The exchanges count as released at once, before their handlers run.
            state.parked.clear();
        });
    }

    /// The faults that are set, with their counters.
    pub fn faults(&self) -> Vec<FaultState> {
        self.inner.state.lock().faults.states()
    }

    /// Changes the state of the key with this label.
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

    /// Disables an install, as the vendor's operator would: see
    /// [`Engine::disable_install`](crate::Engine::disable_install).
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
