//! Starts its timeout anew with every byte.

use std::sync::Arc;

use standin_contracts::protocol::Millis;

use super::Mutant;
use crate::reference::{Conduct, Patience};

pub(super) const MUTANT: Mutant = Mutant {
    name: "patient-with-each-byte",
    mistake: "has a timeout that starts anew with every byte",
    breaks: "transport/no-timeout",
    make: || Arc::new(PatientWithEachByte),
};

struct PatientWithEachByte;

impl Conduct for PatientWithEachByte {
    fn patience(&self) -> Patience {
        Patience::EachByte(Millis::from_secs(10))
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
