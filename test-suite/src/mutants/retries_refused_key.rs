//! Retries with a refused key.

use futures::future::BoxFuture;
use std::sync::Arc;

use standin_contracts::protocol::Fields;

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, Outcome, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "retries-refused-key",
    mistake: "sends a refused key three times",
    breaks: "key/retried-after-refusal",
    make: || Arc::new(RetriesRefusedKey),
};

struct RetriesRefusedKey;

impl BackendBehaviour for RetriesRefusedKey {
    fn obtain<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        vendor_client: &'t VendorClient,
        request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        Box::pin(async move {
            let mut outcome = vendor_client.ask_vendor(whole, request, &fields).await;
            for _ in 0..2 {
                if !matches!(outcome, Outcome::Refused(_)) {
                    break;
                }
                whole.does_wrong();
                outcome = vendor_client.ask_vendor(whole, request, &fields).await;
            }
            outcome
        })
    }
}
