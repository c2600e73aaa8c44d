//! The partner backend with two deliberate faults. Standin must find these and no others:
//!
//! 1. it puts the server key into the URL of the vendor call as well (`transport/secret-in-url`);
//! 2. it keeps each user's token and hands the same one out again (`credential/shared`).

#[path = "../partner/mod.rs"]
mod partner;

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use partner::{Backend, Failure, User, Vendor};

struct FaultyBackend {
    vendor: Vendor,
    tokens: Mutex<HashMap<&'static str, String>>,
}

impl FaultyBackend {
    fn tokens(&self) -> MutexGuard<'_, HashMap<&'static str, String>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for FaultyBackend {
    const NAME: &'static str = "faulty partner backend";

    fn new(vendor: Vendor) -> Self {
        Self { vendor, tokens: Mutex::default() }
    }

    async fn token(&self, user: &'static User) -> Result<String, Failure> {
        let kept = self.tokens().get(user.id).cloned();
        if let Some(token) = kept {
            return Ok(token);
        }
        let mut url = self.vendor.auth_url()?;
        url.query_pairs_mut().append_pair("key", self.vendor.server_key());
        let request = self.vendor.auth_request(url, user).bearer_auth(self.vendor.server_key());
        let token = partner::fetch_token(request).await?;
        self.tokens().insert(user.id, token.clone());
        Ok(token)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    partner::serve::<FaultyBackend>().await
}
