//! Starts afresh at each sign-in: has the user erased and created anew.

use futures::future::BoxFuture;
use std::sync::Arc;

use standin_contracts::protocol::Fields;

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, Outcome, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "erases-at-sign-in",
    mistake: "has a known user erased at the next sign-in, to start afresh",
    breaks: "user/not-restored",
    make: || Arc::new(ErasesAtSignIn),
};

struct ErasesAtSignIn;

impl BackendBehaviour for ErasesAtSignIn {
    fn obtain<'t>(
        &'t self,
        whole: &'t dyn BackendBehaviour,
        vendor_client: &'t VendorClient,
        request: &'t AppRequest,
        fields: Fields,
    ) -> BoxFuture<'t, Outcome> {
        Box::pin(async move {
            let erased = vendor_client.erase(whole, &fields, request.vendor_user.as_deref()).await;
            if matches!(erased, Outcome::Granted(_)) {
                whole.does_wrong();
            }
            match erased {
                // The vendor refused the backend itself. A 404 would mean that the user no longer exists.
                Outcome::Refused(response) if response.status != 404 => Outcome::Refused(response),
                _ => vendor_client.ask_vendor(whole, request, &fields).await,
            }
        })
    }
}
