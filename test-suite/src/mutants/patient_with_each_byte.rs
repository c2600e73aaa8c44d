//! Restarts its timeout with every byte.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::Mutant;
use crate::reference::{BackendBehaviour, CallTimeout};

pub(super) const MUTANT: Mutant = Mutant {
    name: "patient-with-each-byte",
    mistake: "restarts its timeout with every byte",
    breaks: "transport/no-timeout",
    make: || Arc::new(PatientWithEachByte),
};

struct PatientWithEachByte;

impl BackendBehaviour for PatientWithEachByte {
    fn timeout(&self) -> CallTimeout {
        CallTimeout::EachByte(Millis::from_secs(10))
    }
}
