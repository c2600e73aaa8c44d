//! Obtains one credential more than the app asks for and hands it out next time. Each credential still goes to one
//! app, once.

use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use standin_contracts::protocol::{Field, Fields};

use super::Variant;
use crate::reference::{AppRequest, BackendBehaviour, Outcome, VendorClient};

pub(super) const VARIANT: Variant = Variant {
    name: "mints-ahead",
    summary: "obtains credentials ahead of need",
    make: || Arc::new(MintsAhead::default()),
    adapt: |_| {},
};

#[derive(Default)]
struct MintsAhead {
    /// One spare credential for each external id.
    spare: Mutex<BTreeMap<String, String>>,
}

impl BackendBehaviour for MintsAhead {
    fn obtain<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        vendor_client: &'t VendorClient,
        request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        Box::pin(async move {
            let external_id = fields.text(&Field::ExternalId).unwrap_or_default().to_owned();
            let spare = self.spare.lock().remove(&external_id);
            if let Some(credential) = spare {
                return Outcome::Granted(credential);
            }
            let outcome = vendor_client.ask_vendor(whole, request, &fields).await;
            if request.call == "credential"
                && matches!(outcome, Outcome::Granted(_))
                && let Outcome::Granted(spare) = vendor_client.ask_vendor(whole, request, &fields).await
            {
                self.spare.lock().insert(external_id, spare);
            }
            outcome
        })
    }
}
