//! Starts afresh at each sign-in: has the user erased, and made anew.

use futures::future::BoxFuture;
use std::sync::Arc;

use standin_contracts::protocol::Fields;

use super::Mutant;
use crate::reference::{AppRequest, Conduct, Desk, Outcome};

pub(super) const MUTANT: Mutant = Mutant {
    name: "erases-at-sign-in",
    mistake: "has a known user erased at the next sign-in, to start afresh",
    breaks: "user/not-restored",
    make: || Arc::new(ErasesAtSignIn),
};

struct ErasesAtSignIn;

impl Conduct for ErasesAtSignIn {
    fn obtain<'t>(&'t self, desk: &'t Desk, request: &'t AppRequest, fields: Fields) -> BoxFuture<'t, Outcome> {
        Box::pin(async move {
            let erased = desk.erase(self, &fields, request.vendor_user.as_deref()).await;
            match erased {
                // The vendor said no to the backend, and not that there is no such user any more.
                Outcome::Refused(response) if response.status != 404 => Outcome::Refused(response),
                _ => desk.ask_vendor(self, request, &fields).await,
            }
        })
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
