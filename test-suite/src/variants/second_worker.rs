//! Asks once more if no answer came, as the second of several independent workers does.

use futures::future::BoxFuture;
use std::sync::Arc;

use standin_contracts::protocol::Fields;

use super::Variant;
use crate::reference::{AppRequest, BackendBehaviour, Outcome, VendorClient};

pub(super) const VARIANT: Variant = Variant {
    name: "second-worker",
    summary: "lets a second worker try when no answer came to the first",
    make: || Arc::new(SecondWorker),
    adapt: |_| {},
};

struct SecondWorker;

impl BackendBehaviour for SecondWorker {
    fn obtain<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        vendor_client: &'t VendorClient,
        request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        Box::pin(async move {
            match vendor_client.ask_vendor(whole, request, &fields).await {
                Outcome::Unheard => vendor_client.ask_vendor(whole, request, &fields).await,
                outcome => outcome,
            }
        })
    }
}
