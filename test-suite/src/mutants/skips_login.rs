//! Serves an app without a login as its first user.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppRequest, BackendBehaviour, UserRecord, VendorClient};

pub(super) const MUTANT: Mutant = Mutant {
    name: "skips-login",
    mistake: "serves an app without a login",
    breaks: "credential/without-app-login",
    make: || Arc::new(SkipsLogin),
};

struct SkipsLogin;

impl BackendBehaviour for SkipsLogin {
    fn who(&self, vendor_client: &VendorClient, request: &AppRequest) -> Option<UserRecord> {
        let known = request.login.as_deref().and_then(|login| vendor_client.by_login(login));
        known.or_else(|| vendor_client.users().into_iter().next())
    }
}
