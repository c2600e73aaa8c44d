//! The client of the app's requests, and of those that the harness makes in a backend's or an SDK's place.

use std::time::Duration;

use standin_contracts::contract::{WireRequest, WireResponse};

use super::backend::{Halt, Launch};
use crate::network::Network;

/// The size limit of a response, in bytes. No credential comes near it.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// A client with a time limit for each answer, in real time.
#[derive(Debug, Clone)]
pub(crate) struct AppClient {
    way: Way,
    within: Duration,
}

#[derive(Debug, Clone)]
enum Way {
    Http(reqwest::Client),
    Network(Network),
}

impl AppClient {
    /// A client of a subject outside this program. Each request has a connection of its own, as each app has: an idle
    /// connection could block a single-threaded backend. Backends in this program need neither that nor certificates.
    pub(crate) fn over_http(launch: &Launch, within: Duration) -> Result<Self, Halt> {
        let bare = || reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let single = || bare().pool_max_idle_per_host(0);
        let http = match launch {
            // Without certificates, as in a bare container, an https client can't be made; an http client can.
            Launch::Outside(_) => single().build().or_else(|_| single().tls_certs_only([]).build()),
            // Reading the system's certificates takes longer than starting such a backend.
            Launch::Reference(_) | Launch::Anew(_) | Launch::Running(_) => bare().tls_certs_only([]).build(),
        };
        let http = http.map_err(|error| Halt::Harness(format!("can't make an HTTP client: {error}")))?;
        Ok(Self { way: Way::Http(http), within })
    }

    /// A client of the mock, over plain HTTP.
    pub(crate) fn of_mock(within: Duration) -> Result<Self, Halt> {
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build();
        let http = http.map_err(|error| Halt::Harness(format!("can't make an HTTP client: {error}")))?;
        Ok(Self { way: Way::Http(http), within })
    }

    /// A client inside this program.
    pub(crate) fn on(network: Network, within: Duration) -> Self {
        Self { way: Way::Network(network), within }
    }

    /// The same client with another time limit.
    pub(crate) fn within(&self, within: Duration) -> Self {
        Self { within, ..self.clone() }
    }

    /// The network inside this program. None for a client over HTTP.
    pub(crate) fn network(&self) -> Option<&Network> {
        match &self.way {
            Way::Http(_) => None,
            Way::Network(network) => Some(network),
        }
    }

    /// Sends a request and returns the response. The error says why there is none.
    pub(crate) async fn send(&self, url: &str, request: &WireRequest) -> Result<WireResponse, NoAnswer> {
        match &self.way {
            Way::Http(http) => over_http(http, self.within, url, request).await,
            Way::Network(network) => {
                let answer = tokio::time::timeout(self.within, network.send(url, request, |_| {})).await;
                answer.map_err(|_| NoAnswer::late())?.ok_or_else(|| NoAnswer::because("the line broke"))
            }
        }
    }

    /// Whether the server at a URL is ready: it answers `path` with success, or at least listens. The error says why
    /// it isn't.
    pub(crate) async fn finds_ready(&self, url: &str, path: Option<&str>) -> Result<(), String> {
        match &self.way {
            Way::Http(http) => is_ready(http, url, path).await,
            Way::Network(network) if network.is_open(url) => Ok(()),
            Way::Network(_) => Err("nothing listened".to_owned()),
        }
    }
}

async fn over_http(
    http: &reqwest::Client,
    within: Duration,
    url: &str,
    request: &WireRequest,
) -> Result<WireResponse, NoAnswer> {
    let method: reqwest::Method = request.method.parse().map_err(|_| NoAnswer::because("the method is none"))?;
    let mut builder = http.request(method, format!("{url}{}", request.target)).timeout(within);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    if !request.body.is_empty() {
        builder = builder.body(request.body.clone());
    }
    let mut response = builder.send().await.map_err(why)?;
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(why)? {
        body.extend_from_slice(&part);
        if body.len() > LARGEST_ANSWER {
            return Err(NoAnswer::because(&format!("the answer is larger than {LARGEST_ANSWER} bytes")));
        }
    }
    Ok(WireResponse { status, headers, body })
}

/// The reason why a request has no response.
#[derive(Debug)]
pub(crate) struct NoAnswer {
    pub(crate) why: String,
    /// Whether the request failed before its time limit. False if the time limit was reached.
    pub(crate) in_time: bool,
}

impl NoAnswer {
    fn late() -> Self {
        Self { why: "no answer came in time".to_owned(), in_time: false }
    }

    fn because(why: &str) -> Self {
        Self { why: why.to_owned(), in_time: true }
    }
}

fn why(error: reqwest::Error) -> NoAnswer {
    if error.is_timeout() {
        return NoAnswer::late();
    }
    // The error's own text only names the URL; the reason is in its deepest source.
    let error = error.without_url();
    let deepest = std::iter::successors(std::error::Error::source(&error), |error| error.source()).last();
    NoAnswer::because(&deepest.map_or_else(|| error.to_string(), ToString::to_string))
}

async fn is_ready(http: &reqwest::Client, url: &str, path: Option<&str>) -> Result<(), String> {
    let Some(path) = path else {
        let authority = url.split("://").nth(1).unwrap_or(url);
        let address = authority.split('/').next().unwrap_or(authority);
        let address = if address.contains(':') { address.to_owned() } else { format!("{address}:80") };
        return tokio::net::TcpStream::connect(address).await.map(drop).map_err(|error| match error.kind() {
            std::io::ErrorKind::ConnectionRefused => "nothing listened".to_owned(),
            _ => error.to_string(),
        });
    };
    match http.get(format!("{url}{path}")).send().await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!("`{path}` answered {}", answer.status())),
        Err(error) if error.is_connect() => Err("nothing listened".to_owned()),
        Err(error) => Err(format!("`{path}` could not be asked: {}", error.without_url())),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn an_answered_app_hangs_up() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = async {
            let (mut line, _) = listener.accept().await.expect("a connection");
            let mut asked = vec![0; 4096];
            let _ = line.read(&mut asked).await.expect("a request");
            line.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("an answer");
            line.read_to_end(&mut asked).await.expect("the end of the line");
        };
        let app = AppClient::over_http(&Launch::Outside("".into()), Duration::from_secs(5)).expect("a client");
        let request = WireRequest { method: "POST".to_owned(), target: "/code".to_owned(), ..WireRequest::default() };
        let (answer, ()) = tokio::join!(app.send(&url, &request), serving);
        assert_eq!(answer.map(|answer| answer.status).ok(), Some(200));
    }
}
