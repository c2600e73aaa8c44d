//! Keeps a few credentials in stock for each user and refills the stock with each answer. Each credential still goes
//! to one app, once.

use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use standin_contracts::protocol::{Field, Fields};

use super::Variant;
use crate::reference::{AppRequest, BackendBehaviour, Outcome, VendorClient};

pub(super) const VARIANT: Variant = Variant {
    name: "keeps-stock",
    summary: "keeps credentials in stock for each user",
    make: || Arc::new(KeepsStock::default()),
    adapt: |_| {},
};

/// The number of credentials in stock. It exceeds the number that apps usually ask for while the vendor refuses.
const STOCK: usize = 5;

#[derive(Default)]
struct KeepsStock {
    /// The spare credentials for each external id.
    spare: Mutex<BTreeMap<String, Vec<String>>>,
}

impl BackendBehaviour for KeepsStock {
    fn obtain<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        vendor_client: &'t VendorClient,
        request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        Box::pin(async move {
            if request.call != "credential" {
                return vendor_client.ask_vendor(whole, request, &fields).await;
            }
            let external_id = fields.text(&Field::ExternalId).unwrap_or_default().to_owned();
            let take = || self.spare.lock().entry(external_id.clone()).or_default().pop();
            let outcome = match take() {
                Some(spare) => Outcome::Granted(spare),
                None => vendor_client.ask_vendor(whole, request, &fields).await,
            };
            // A vendor that has just failed is not asked for more.
            let is_granted = matches!(outcome, Outcome::Granted(_));
            while is_granted && self.spare.lock().get(&external_id).map_or(0, Vec::len) < STOCK {
                let Outcome::Granted(spare) = vendor_client.ask_vendor(whole, request, &fields).await else { break };
                self.spare.lock().entry(external_id.clone()).or_default().push(spare);
            }
            outcome
        })
    }
}
