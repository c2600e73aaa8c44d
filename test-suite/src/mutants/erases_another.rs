//! Confuses the user who asks to be erased with another one.

use futures::future::BoxFuture;
use std::sync::Arc;

use std::collections::BTreeMap;

use parking_lot::Mutex;
use standin_contracts::protocol::{Field, Fields};

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, Outcome, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "erases-another",
    mistake: "erases another user than the one whose app asks for it",
    breaks: "user/not-restored",
    make: || Arc::new(ErasesAnother::default()),
};

/// The vendor's user ids that apps sent, by external id.
#[derive(Default)]
struct ErasesAnother(Mutex<BTreeMap<String, String>>);

impl ErasesAnother {
    /// Another user's external id and vendor id.
    fn other(&self, own: &str) -> Option<(String, String)> {
        let known = self.0.lock();
        known.iter().find(|(id, _)| *id != own).map(|(id, vendor_user)| (id.clone(), vendor_user.clone()))
    }
}

impl BackendBehaviour for ErasesAnother {
    fn obtain<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        vendor_client: &'t VendorClient,
        request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        Box::pin(async move {
            if let (Some(id), Some(vendor_user)) = (fields.text(&Field::ExternalId), &request.vendor_user) {
                self.0.lock().insert(id.to_owned(), vendor_user.clone());
            }
            vendor_client.ask_vendor(whole, request, &fields).await
        })
    }

    fn erase<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        vendor_client: &'t VendorClient,
        _request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        Box::pin(async move {
            let own = fields.text(&Field::ExternalId).unwrap_or_default();
            let Some((id, vendor_user)) = self.other(own) else { return Outcome::Unavailable };
            whole.does_wrong();
            vendor_client.erase(whole, &Fields::new().with(Field::ExternalId, id), Some(&vendor_user)).await
        })
    }
}
