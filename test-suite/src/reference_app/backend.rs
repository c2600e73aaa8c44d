//! The app's connection to its client backend.

use std::time::Duration;

use serde_json::Value;
use standin_contracts::contract::WireRequest;

use crate::driver::{AppClient, Halt};
use crate::network::Network;

/// The time limit for an answer of the backend, in real time.
const AT_MOST: Duration = Duration::from_secs(10);

/// A client of the backend that requests credentials.
pub(super) struct Backend {
    client: AppClient,
    /// The backend's URL. None if the app was given none.
    url: Option<String>,
}

impl Backend {
    pub(super) fn new(url: Option<String>, network: Option<&Network>) -> Result<Self, Halt> {
        let client = match network {
            Some(network) => AppClient::on(network.clone(), AT_MOST),
            None => AppClient::of_mock(AT_MOST)?,
        };
        Ok(Self { client, url })
    }

    /// Requests a new credential with this authorization. None if the backend grants none.
    pub(super) async fn credential(&self, authorization: &str) -> Option<String> {
        let request = WireRequest {
            method: "POST".to_owned(),
            target: "/credential".to_owned(),
            headers: vec![("authorization".to_owned(), authorization.to_owned())],
            body: Vec::new(),
        };
        let answer = self.client.send(self.url.as_ref()?, &request).await.ok()?;
        let body: Value = serde_json::from_slice(&answer.body).ok().filter(|_| answer.status < 400)?;
        body["outcome"].as_str().map(str::to_owned)
    }
}
