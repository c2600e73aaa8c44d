//! Reads who it is from the beginning of a login and never looks at the end, which proves it.

use std::sync::Arc;

use super::Mutant;
use crate::reference::{AppRequest, Conduct, Customer, Desk};

pub(super) const MUTANT: Mutant = Mutant {
    name: "trusts-start-of-login",
    mistake: "takes a login for good whose end proves nothing",
    breaks: "credential/without-app-login",
    make: || Arc::new(TrustsStartOfLogin),
};

/// How much of a login it reads: enough to tell who it is.
const READ: usize = 10;

struct TrustsStartOfLogin;

impl Conduct for TrustsStartOfLogin {
    fn who(&self, desk: &Desk, request: &AppRequest) -> Option<Customer> {
        let start = request.login.as_deref()?.get(..READ)?;
        desk.customers().into_iter().find(|customer| customer.login.starts_with(start))
    }

    fn as_conduct(&self) -> &dyn Conduct {
        self
    }
}
