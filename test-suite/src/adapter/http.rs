//! The HTTP carrier: for phones, emulators and browsers, and for adapters that run already.

use futures::future::BoxFuture;
use std::time::Duration;

use futures::TryFutureExt;
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use serde_json::Value;
use standin_contracts::protocol::Millis;

use super::AdapterError;
use super::remote::{AdapterAnswer, Ask, Carrier, ENTRY, shown};

/// The size limit of an answer, in bytes.
pub(super) const LONGEST: usize = 4 * 1024 * 1024;

/// A carrier to an adapter that serves at a URL.
pub(super) struct Http {
    client: Client,
    entry: Url,
    within: Millis,
}

impl Http {
    /// A carrier to the adapter at `url`. It waits for each answer for `within` at most.
    pub(super) fn new(url: &str, within: Millis) -> Result<Self, AdapterError> {
        let entry = Url::parse(url).map_err(|error| AdapterError::Gone(format!("`{url}` is no URL: {error}")))?;
        let bare = || Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        // Without certificates, as in a bare container, an https client can't be made; an http client can.
        let client = bare().build().or_else(|_| bare().tls_certs_only([]).build());
        let client = client.map_err(|error| AdapterError::Gone(error.to_string()))?;
        Ok(Self { client, entry, within })
    }

    fn url(&self, path: &str) -> Result<Url, AdapterError> {
        match path {
            ENTRY => Ok(self.entry.clone()),
            path => {
                self.entry.join(path).map_err(|error| AdapterError::Broken(format!("`{path}` is no path: {error}")))
            }
        }
    }

    fn request(&self, ask: &Ask) -> Result<RequestBuilder, AdapterError> {
        let method: Method = ask.method.parse().map_err(|_| AdapterError::Broken(format!("{ask} has no method")))?;
        let request = self.client.request(method, self.url(&ask.path)?);
        Ok(match &ask.body {
            Some(body) => request.json(body),
            None => request,
        })
    }

    async fn exchange(&self, ask: Ask) -> Result<AdapterAnswer, AdapterError> {
        let request = self.request(&ask)?;
        let exchange = request.send().map_err(|error| gone(&ask, error)).and_then(|response| read(&ask, response));
        let within = Duration::from(self.within);
        let late = |_| Err(AdapterError::Silent(format!("{ask} within {}", self.within)));
        tokio::time::timeout(within, exchange).await.unwrap_or_else(late)
    }
}

impl Carrier for Http {
    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<AdapterAnswer, AdapterError>> {
        Box::pin(self.exchange(ask))
    }

    fn path(&self, location: &str) -> Result<String, String> {
        let url = self.entry.join(location).map_err(|error| format!("it is no URL ({error})"))?;
        if url.origin() != self.entry.origin() {
            return Err(format!(
                "an install is at the adapter itself, below {}",
                self.entry.origin().ascii_serialization()
            ));
        }
        let query = url.query().map(|query| format!("?{query}"));
        Ok(format!("{}{}", url.path(), query.unwrap_or_default()))
    }
}

async fn read(ask: &Ask, mut response: Response) -> Result<AdapterAnswer, AdapterError> {
    let status = response.status().as_u16();
    let text = |value: &::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let location = response.headers().get(::http::header::LOCATION).map(text);
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| gone(ask, error))? {
        body.extend_from_slice(&part);
        if body.len() > LONGEST {
            return Err(AdapterError::Broken(format!("{ask} was answered with more than {LONGEST} bytes")));
        }
    }
    Ok(AdapterAnswer { status, location, body: parsed(&body) })
}

/// The body as JSON, or as text if it is not JSON. None if it is empty.
fn parsed(body: &[u8]) -> Option<Value> {
    if body.trim_ascii().is_empty() {
        return None;
    }
    let text = || Value::String(shown(&String::from_utf8_lossy(body)));
    Some(serde_json::from_slice(body).unwrap_or_else(|_| text()))
}

/// The error for a failed connection. It leaves the URL out, since the request names it.
fn gone(ask: &Ask, error: reqwest::Error) -> AdapterError {
    let why = match (error.is_connect(), std::error::Error::source(&error)) {
        (true, _) => "nothing listens there".to_owned(),
        (false, Some(source)) => source.to_string(),
        (false, None) => error.without_url().to_string(),
    };
    AdapterError::Gone(format!("{ask}: {why}"))
}
