//! Makes one request for each call of the app that asks for the user.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "asks-each-time",
    mistake: "sends one request for each part of the app that asks for the user",
    breaks: "user/created-twice",
    make: || Arc::new(AsksEachTime),
};

struct AsksEachTime;

impl SdkBehaviour for AsksEachTime {
    fn shares_creation(&self) -> bool {
        false
    }
}
