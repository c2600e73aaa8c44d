//! Answers its app with 200 always, with the failure in the body. That is bad style, and no rule forbids it.

use std::sync::Arc;

use serde_json::json;

use super::Variant;
use crate::reference::{AppAnswer, BackendBehaviour, Outcome, VendorClient};

pub(super) const VARIANT: Variant = Variant {
    name: "error-inside-200",
    summary: "always answers 200, with the error in the body",
    make: || Arc::new(ErrorInside200),
    adapt: |config| {
        for call in [&mut config.calls.credential, &mut config.calls.read_back].into_iter().flatten() {
            call.failed_if = Some("/error".to_owned());
        }
    },
};

struct ErrorInside200;

impl BackendBehaviour for ErrorInside200 {
    fn answer(&self, _vendor_client: &VendorClient, outcome: &Outcome) -> AppAnswer {
        let body = match outcome {
            Outcome::Granted(value) => json!({"outcome": value, "error": null}),
            Outcome::Refused(_) | Outcome::Unavailable | Outcome::Unheard => {
                json!({"outcome": null, "error": {"retry": true}})
            }
        };
        AppAnswer::json(200, &body)
    }

    fn turn_away(&self) -> AppAnswer {
        AppAnswer::json(200, &json!({"outcome": null, "error": {"retry": false}}))
    }
}
