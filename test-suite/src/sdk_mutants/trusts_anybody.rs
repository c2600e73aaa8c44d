//! Has certificate checks turned off, as developers do for tests.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "trusts-anybody",
    mistake: "accepts any TLS certificate",
    breaks: "transport/untrusted-tls",
    make: || Arc::new(TrustsAnybody),
};

struct TrustsAnybody;

impl SdkBehaviour for TrustsAnybody {
    fn trusts_anybody(&self) -> bool {
        true
    }
}
