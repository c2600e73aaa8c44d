//! The app's line to its client backend.

use std::time::Duration;

use serde_json::Value;

use crate::adapter::AdapterError;

/// How long the backend may take, in real time.
const AT_MOST: Duration = Duration::from_secs(10);

/// Asks the client backend for credentials.
pub(super) struct Backend {
    http: reqwest::Client,
    /// Nothing if the app was given none.
    url: Option<String>,
}

impl Backend {
    pub(super) fn new(url: Option<String>) -> Result<Self, AdapterError> {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        // It is on loopback and speaks plain HTTP: no certificates are needed.
        let http = http.tls_certs_only([]).timeout(AT_MOST).build();
        Ok(Self { http: http.map_err(|error| AdapterError::Gone(error.to_string()))?, url })
    }

    /// A new credential for whoever shows this; nothing if the backend has none for them.
    pub(super) async fn credential(&self, authorization: &str) -> Option<String> {
        let asked = self.http.post(format!("{}/credential", self.url.as_ref()?));
        let answer = asked.header("authorization", authorization).send().await.ok()?;
        let body: Value = serde_json::from_slice(&answer.error_for_status().ok()?.bytes().await.ok()?).ok()?;
        body["outcome"].as_str().map(str::to_owned)
    }
}
