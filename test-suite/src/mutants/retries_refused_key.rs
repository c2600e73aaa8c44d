//! Tries a refused key again and again.

use futures::future::BoxFuture;
use std::sync::Arc;

use standin_contracts::protocol::Fields;

use super::Mutant;
use crate::reference::{AppRequest, Conduct, Desk, Outcome};

pub(super) const MUTANT: Mutant = Mutant {
    name: "retries-refused-key",
    mistake: "tries a refused key three times",
    breaks: "key/retried-after-refusal",
    make: || Arc::new(RetriesRefusedKey),
};

struct RetriesRefusedKey;

impl Conduct for RetriesRefusedKey {
    fn obtain<'t>(&'t self, desk: &'t Desk, request: &'t AppRequest, fields: Fields) -> BoxFuture<'t, Outcome> {
        Box::pin(async move {
            let mut outcome = desk.ask_vendor(self, request, &fields).await;
            for _ in 0..2 {
                if !matches!(outcome, Outcome::Refused(_)) {
                    break;
                }
                outcome = desk.ask_vendor(self, request, &fields).await;
            }
            outcome
        })
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
