//! The app's connection to its client backend.

use std::time::Duration;

use serde_json::Value;

use crate::adapter::AdapterError;

/// The time limit for an answer of the backend, in real time.
const AT_MOST: Duration = Duration::from_secs(10);

/// A client of the backend that requests credentials.
pub(super) struct Backend {
    http: reqwest::Client,
    /// The backend's URL. None if the app was given none.
    url: Option<String>,
}

impl Backend {
    pub(super) fn new(url: Option<String>) -> Result<Self, AdapterError> {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        // The backend is on loopback and speaks plain HTTP: no certificates are needed.
        let http = http.tls_certs_only([]).timeout(AT_MOST).build();
        Ok(Self { http: http.map_err(|error| AdapterError::Gone(error.to_string()))?, url })
    }

    /// Requests a new credential with this authorization. None if the backend grants none.
    pub(super) async fn credential(&self, authorization: &str) -> Option<String> {
        let asked = self.http.post(format!("{}/credential", self.url.as_ref()?));
        let answer = asked.header("authorization", authorization).send().await.ok()?;
        let body: Value = serde_json::from_slice(&answer.error_for_status().ok()?.bytes().await.ok()?).ok()?;
        body["outcome"].as_str().map(str::to_owned)
    }
}
