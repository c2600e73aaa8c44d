//! Asks its vendor again and again for one request of its app.

use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use standin_contracts::protocol::Fields;
use standin_contracts::rules::FLOOD;

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, Outcome, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "asks-without-end",
    mistake: "calls the vendor hundreds of times for one request of its app",
    breaks: "transport/request-flood",
    make: || Arc::new(AsksWithoutEnd::default()),
};

/// It does so once: each flood ends its scenario.
#[derive(Default)]
struct AsksWithoutEnd(AtomicBool);

impl BackendBehaviour for AsksWithoutEnd {
    fn obtain<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        vendor_client: &'t VendorClient,
        request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        Box::pin(async move {
            if !self.0.swap(true, Ordering::Relaxed) {
                whole.does_wrong();
                for _ in 0..2 * FLOOD {
                    vendor_client.ask_vendor(whole, request, &fields).await;
                }
            }
            vendor_client.ask_vendor(whole, request, &fields).await
        })
    }
}
