//! Keeps a credential and hands it out again.

use futures::future::BoxFuture;
use std::sync::Arc;

use std::collections::BTreeMap;

use parking_lot::Mutex;
use standin_contracts::protocol::{Field, Fields};

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, Outcome, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "caches-credential",
    mistake: "caches a credential",
    breaks: "credential/shared",
    make: || Arc::new(CachesCredential::default()),
};

#[derive(Default)]
struct CachesCredential(Mutex<BTreeMap<String, String>>);

impl BackendBehaviour for CachesCredential {
    fn obtain<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        vendor_client: &'t VendorClient,
        request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        Box::pin(async move {
            let external_id = fields.text(&Field::ExternalId).unwrap_or_default().to_owned();
            if let Some(kept) = self.0.lock().get(&external_id) {
                whole.does_wrong();
                return Outcome::Granted(kept.clone());
            }
            let outcome = vendor_client.ask_vendor(whole, request, &fields).await;
            if let Outcome::Granted(credential) = &outcome {
                self.0.lock().insert(external_id, credential.clone());
            }
            outcome
        })
    }
}
