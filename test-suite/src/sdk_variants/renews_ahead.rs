//! Renews its session before it is refused.

use std::sync::Arc;

use standin_contracts::protocol::{Millis, Timestamp};

use super::SdkVariant;
use crate::reference_sdk::{SdkBehaviour, Session};

pub(super) const VARIANT: SdkVariant = SdkVariant {
    name: "renews-ahead",
    summary: "renews its session an hour before it ends, where the vendor says when",
    fits: |_| true,
    make: || Arc::new(RenewsAhead),
};

struct RenewsAhead;

impl SdkBehaviour for RenewsAhead {
    fn renews(&self, session: &Session, now: Timestamp) -> bool {
        session.refused || session.ends.is_some_and(|end| end <= now.after(AHEAD))
    }
}

/// The time before its end at which a session is renewed.
const AHEAD: Millis = Millis::from_secs(3600);
