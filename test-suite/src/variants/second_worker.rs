//! Asks once more where no answer came, as another of several workers that share nothing would.

use futures::future::BoxFuture;
use std::sync::Arc;

use standin_contracts::protocol::Fields;

use super::Variant;
use crate::reference::{AppRequest, Conduct, Desk, Outcome};

pub(super) const VARIANT: Variant = Variant {
    name: "second-worker",
    summary: "lets a second worker try when no answer came to the first",
    make: || Arc::new(SecondWorker),
    adapt: |_| {},
};

struct SecondWorker;

impl Conduct for SecondWorker {
    fn obtain<'t>(&'t self, desk: &'t Desk, request: &'t AppRequest, fields: Fields) -> BoxFuture<'t, Outcome> {
        Box::pin(async move {
            match desk.ask_vendor(self, request, &fields).await {
                Outcome::Unheard => desk.ask_vendor(self, request, &fields).await,
                outcome => outcome,
            }
        })
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
