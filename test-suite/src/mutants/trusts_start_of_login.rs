//! Reads the user from the beginning of a login and ignores its end, which proves it.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, UserRecord, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "trusts-start-of-login",
    mistake: "accepts a login with a malformed end",
    breaks: "credential/without-app-login",
    make: || Arc::new(TrustsStartOfLogin),
};

/// The number of characters that it reads: enough to tell the users apart.
const READ: usize = 10;

struct TrustsStartOfLogin;

impl BackendBehaviour for TrustsStartOfLogin {
    fn who(&self, vendor_client: &VendorClient, request: &AppRequest) -> Option<UserRecord> {
        let start = request.login.as_deref()?.get(..READ)?;
        vendor_client.users().into_iter().find(|user| user.login.starts_with(start))
    }
}
