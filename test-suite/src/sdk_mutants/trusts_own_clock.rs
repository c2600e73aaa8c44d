//! Judges credentials by the device's clock, which may be wrong.

use std::sync::Arc;

use standin_contracts::protocol::Timestamp;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "trusts-own-clock",
    mistake: "doesn't send a credential that has expired by its own clock",
    breaks: "credential/clock-trusted",
    make: || Arc::new(TrustsOwnClock),
};

struct TrustsOwnClock;

impl SdkBehaviour for TrustsOwnClock {
    fn sends_credential(&self, end: Option<Timestamp>, device_time: Timestamp) -> bool {
        end.is_none_or(|end| device_time < end)
    }
}
