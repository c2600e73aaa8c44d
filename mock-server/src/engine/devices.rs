//! The number of devices on which a user is active at once.

use standin_contracts::protocol::{ActiveDevices, ReplyName};

use super::Engine;
use super::state::InstallRef;

impl Engine {
    /// Makes an install the active one of its user, if the vendor's policy allows it, and deactivates its rivals.
    /// Returns the reason why the sessions of this install are refused, if a rival has priority.
    pub(super) fn take_place(&mut self, install: InstallRef) -> Option<ReplyName> {
        self.state.installs[install].active = false;
        let rivals = self.rivals(install);
        let phone_first = self.policy.active_devices == ActiveDevices::PhoneBeforeTablet;
        let is_phone = |rival: &InstallRef| !self.state.installs[*rival].is_tablet;
        if phone_first && self.state.installs[install].is_tablet && rivals.iter().any(is_phone) {
            return Some(ReplyName::UserDisabled);
        }
        for rival in rivals {
            self.state.installs[rival].active = false;
            self.state.end_sessions(rival, ReplyName::InstallDeactivated);
        }
        self.state.installs[install].active = true;
        None
    }

    /// The active installs that can't stay active together with this one.
    fn rivals(&self, install: InstallRef) -> Vec<InstallRef> {
        if self.policy.active_devices == ActiveDevices::Many {
            return Vec::new();
        }
        let user = self.state.installs[install].user;
        let installs = self.state.installs.iter().enumerate();
        installs.filter(|(_, other)| other.user == user && other.active).map(|(place, _)| place).collect()
    }
}
