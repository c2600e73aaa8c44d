//! Forgets its user at a reset, but not the user's records.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{SdkBehaviour, Stored};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "flushes-to-next-user",
    mistake: "keeps records over a reset, and submits them for the next user",
    breaks: "session/used-after-end",
    make: || Arc::new(FlushesToNextUser),
};

struct FlushesToNextUser;

impl SdkBehaviour for FlushesToNextUser {
    fn wipe(&self, stored: &mut Stored) {
        let queue = std::mem::take(&mut stored.queue);
        stored.wipe();
        stored.queue = queue;
    }
}
