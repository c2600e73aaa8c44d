//! Tries a renewal again at once that the vendor has refused.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "insists-on-renewal",
    mistake: "renews its session again at once when that is refused",
    breaks: "transport/request-flood",
    make: || Arc::new(InsistsOnRenewal),
};

struct InsistsOnRenewal;

impl SdkBehaviour for InsistsOnRenewal {
    fn insists_on_renewal(&self) -> bool {
        true
    }
}
