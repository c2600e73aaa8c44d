//! Reads the status and ignores the body.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::{AnswerClass, SdkBehaviour, VendorAnswer};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "trusts-any-200",
    mistake: "takes a captive portal's page for a success",
    breaks: "sync/gives-up-the-hopeful",
    make: || Arc::new(TrustsAny200),
};

struct TrustsAny200;

impl SdkBehaviour for TrustsAny200 {
    fn class(&self, answer: &VendorAnswer) -> AnswerClass {
        if answer.status == 200 { AnswerClass::Done } else { AnswerClass::of(answer) }
    }
}
