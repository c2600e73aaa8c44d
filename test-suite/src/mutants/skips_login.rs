//! Takes an app without a login for its first customer's.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppRequest, Conduct, Customer, Desk};

pub(super) const MUTANT: Mutant = Mutant {
    name: "skips-login",
    mistake: "serves an app that nobody is signed in to",
    breaks: "credential/without-app-login",
    make: || Arc::new(SkipsLogin),
};

struct SkipsLogin;

impl Conduct for SkipsLogin {
    fn who(&self, desk: &Desk, request: &AppRequest) -> Option<Customer> {
        let known = request.login.as_deref().and_then(|login| desk.by_login(login));
        known.or_else(|| desk.customers().into_iter().next())
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
