//! A partner's own backend in Rust, between its app and TechCentrix: it asks for a one-time token with the server key
//! and hands it to the app. A subject for Standin to judge; it uses none of Standin's code.

#[path = "../partner/mod.rs"]
mod partner;

use std::error::Error;

use partner::{Backend, Failure, User, Vendor};

struct PartnerBackend {
    vendor: Vendor,
}

impl Backend for PartnerBackend {
    const NAME: &'static str = "partner backend";

    fn new(vendor: Vendor) -> Self {
        Self { vendor }
    }

    /// Requests a new token each time: a token is good for one sign-in only.
    async fn token(&self, user: &'static User) -> Result<String, Failure> {
        let url = self.vendor.auth_url()?;
        let request = self.vendor.auth_request(url, user).bearer_auth(self.vendor.server_key());
        partner::fetch_token(request).await
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    partner::serve::<PartnerBackend>().await
}
