//! Reads the status and nothing else.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{Answer, Meaning, SdkConduct};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "trusts-any-200",
    mistake: "takes a captive portal's page for the vendor's thanks",
    breaks: "sync/gives-up-the-hopeful",
    make: || Arc::new(TrustsAny200),
};

struct TrustsAny200;

impl SdkConduct for TrustsAny200 {
    fn meaning(&self, answer: &Answer) -> Meaning {
        if answer.status == 200 { Meaning::Done } else { Meaning::of(answer) }
    }
}
