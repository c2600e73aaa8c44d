//! Retries with a refused credential.

use std::sync::Arc;

use standin_contracts::protocol::ReplyName;

use super::SdkMutant;
use crate::reference_sdk::{SdkBehaviour, VendorAnswer};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "sends-refused-again",
    mistake: "sends a credential again that the vendor has refused for good",
    breaks: "credential/stale-retry",
    make: || Arc::new(SendsRefusedAgain),
};

struct SendsRefusedAgain;

impl SdkBehaviour for SendsRefusedAgain {
    fn creates_again(&self, answer: Option<&VendorAnswer>, tries: u32) -> bool {
        let worthless = [ReplyName::CredentialExpired, ReplyName::CredentialSpent, ReplyName::CredentialUnknown];
        let says_so = |answer: &VendorAnswer| answer.replies.iter().any(|reply| worthless.contains(reply));
        answer.is_some_and(says_so) && tries < 2
    }
}
