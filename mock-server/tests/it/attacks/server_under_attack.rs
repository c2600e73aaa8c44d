//! What the attacks share: a server with a bystander in a sandbox of its own, and the checks after each attack.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use standin_contracts::contract::Contract;
use standin_mock_server::sandbox::NewSandbox;
use standin_mock_server::{Limits, MockConfig, MockServer, Sandbox};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{config, connect, heard, history, issue, requests, responses};

/// An operation of a vendor, and a route of the admin API. Each takes a JSON object.
pub(super) const VENDOR: &str = "/techcentrix/user/api/auth/external";
pub(super) const ADMIN: &str = "/__admin/sandboxes";
/// A small vendor whose bodies are forms, and the same vendor with compressed bodies.
pub(super) const FORM: &str = "/form/v1/login-codes";
pub(super) const GZIP: &str = "/gzip/v1/login-codes";
/// Longer than any answer to an attack.
const LONGEST_ANSWER: usize = 70_000;
const TIMEOUT: Duration = Duration::from_mins(1);

/// The place where an attack leaves a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trace {
    /// The default sandbox's history, with a request and its answer.
    History,
    /// The count of unreadable requests.
    Count,
    /// No trace: the admin API records nothing.
    Nowhere,
}

/// The bytes of an attack, and the expected answer.
pub(super) struct Attack {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) status: u16,
    /// A text that the body of the answer must contain.
    pub(super) words: &'static str,
    pub(super) trace: Trace,
}

/// A server, with a bystander: a client that attacks nothing and must always be served.
pub(super) struct ServerUnderAttack {
    pub(super) server: MockServer,
    pub(super) bystander: Sandbox,
    /// Opens a connection for each request, since a limit might end a kept one.
    client: reqwest::Client,
    served: usize,
}

fn small_vendor(name: &str, media: &str) -> Arc<Contract> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/contracts/minimal.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.replace("vendor: acme", &format!("vendor: {name}")).replacen("application/json:", media, 1);
    Arc::new(Contract::load("fixtures/contracts/minimal.yaml", &text).unwrap())
}

/// A configuration with everything that the attacks need.
pub(super) fn attacked(limits: Limits) -> MockConfig {
    let mut config = config(&["techcentrix"]);
    config.contracts.push(small_vendor("form", "application/x-www-form-urlencoded:"));
    config.contracts.push(small_vendor("gzip", "application/gzip:\n            x-body: gzip-json"));
    config.limits = limits;
    config
}

impl ServerUnderAttack {
    pub(super) async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub(super) async fn with(limits: Limits) -> Self {
        let server = MockServer::start(attacked(limits)).await.unwrap();
        let bystander = NewSandbox { name: Some("bystander".to_owned()), ..NewSandbox::default() };
        let bystander = server.make_sandbox(bystander).unwrap();
        let client = reqwest::Client::builder().timeout(TIMEOUT).pool_max_idle_per_host(0).build().unwrap();
        Self { server, bystander, client, served: 0 }
    }

    /// Checks that the bystander is served, and that its sandbox holds only its own requests.
    pub(super) async fn others_are_unharmed(&mut self, after: &str) {
        let base = format!("{}/s/bystander/techcentrix", self.server.url());
        let key = self.bystander.vendors()[0].keys.server[0].value.clone();
        self.served += 1;
        let user = format!("bystander-{}", self.served);
        let answer = issue(&self.client, &base, &key, &user).send().await;
        assert_eq!(answer.expect(after).status(), 200, "after {after}");
        let asked = requests(&self.bystander);
        assert_eq!((asked.len(), history(&self.bystander).len()), (self.served, 2 * self.served), "after {after}");
        let last = asked.last().and_then(|request| request.step.as_ref()).unwrap();
        assert_eq!(last.fields["external_id"], user.as_str(), "after {after}");
    }

    /// The number of requests that the server could not read.
    pub(super) async fn unreadable(&self) -> u64 {
        let (_, health) = heard(self.client.get(format!("{}/__admin/health", self.server.url()))).await;
        health["unreadable"].as_u64().unwrap()
    }

    /// Makes each attack on a connection of its own, and runs all checks after it.
    pub(super) async fn withstands(&mut self, attacks: Vec<Attack>) {
        for attack in attacks {
            let (recorded, counted) = (requests(&self.server.sandbox()).len(), self.unreadable().await);
            let mut stream = connect(&self.server).await;
            let answer = send(&mut stream, &attack.bytes).await;
            attack.is_answered_by(&answer);
            let traces = match attack.trace {
                Trace::History => (1, 0),
                Trace::Count => (0, 1),
                Trace::Nowhere => (0, 0),
            };
            let sandbox = self.server.sandbox();
            let left = (requests(&sandbox).len() - recorded, self.unreadable().await - counted);
            assert_eq!(left, traces, "{}: recorded, counted", attack.name);
            assert_eq!(requests(&sandbox).len(), responses(&sandbox).len(), "{}", attack.name);
            self.others_are_unharmed(&attack.name).await;
        }
    }
}

impl Attack {
    pub(super) fn new(name: &str, bytes: impl Into<Vec<u8>>, status: u16, words: &'static str, trace: Trace) -> Self {
        Self { name: name.to_owned(), bytes: bytes.into(), status, words, trace }
    }

    /// Checks the answer: it is short, has the right status, gives the reason, says that this is a mock, and leaks
    /// nothing.
    fn is_answered_by(&self, answer: &str) {
        let name = &self.name;
        assert!(answer.starts_with(&format!("HTTP/1.1 {} ", self.status)), "{name}: {answer}");
        assert!(answer.len() < LONGEST_ANSWER, "{name}: {} bytes", answer.len());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("\r\nstandin-mock: "), "{name}: {answer}");
        assert!(answer.contains(self.words), "{name}: {answer}");
        let tells = serde_json::from_str::<Value>(body).is_ok_and(|body| body.is_object());
        // If the vendor has no answer for it, the head holds the mock's explanation.
        assert!(tells || (body.is_empty() && head.contains("\r\nstandin-expected: ")), "{name}: {answer}");
        for secret in ["standin-server-key", "standin-client-key", "standin-signing-key", "bystander-server"] {
            assert!(!answer.contains(secret), "{name}: {answer}");
        }
    }
}

/// Sends bytes, and reads one answer.
pub(super) async fn send(stream: &mut TcpStream, bytes: &[u8]) -> String {
    send_until(stream, bytes, is_whole).await
}

/// Sends bytes, and reads until `enough` is satisfied. A server that answers early doesn't read all of the bytes.
pub(super) async fn send_until(stream: &mut TcpStream, bytes: &[u8], enough: fn(&str) -> bool) -> String {
    let (mut reading, mut writing) = stream.split();
    let write = async {
        let _ = writing.write_all(bytes).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = write => unreachable!("writing waits for the answer"),
        answer = hear_until(&mut reading, enough) => answer,
    }
}

pub(super) async fn hear(stream: &mut TcpStream) -> String {
    hear_until(stream, is_whole).await
}

/// Reads until `enough` is satisfied, or the connection ends.
async fn hear_until(stream: &mut (impl AsyncReadExt + Unpin), enough: fn(&str) -> bool) -> String {
    let mut heard = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = tokio::time::timeout(TIMEOUT, stream.read(&mut buffer)).await.expect("no answer");
        let count = read.unwrap_or(0);
        heard.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&heard);
        if count == 0 || enough(&text) {
            return text.into_owned();
        }
    }
}

fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    length.is_some_and(|length: usize| body.len() >= length)
}

/// A request with these header lines, each with its line end, and this body.
pub(super) fn request(line: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("{line} HTTP/1.1\r\nhost: mock\r\nauthorization: Bearer standin-server-key\r\n{headers}\r\n")
            .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A POST with this body and its real length.
pub(super) fn posted(path: &str, media: &str, body: &[u8]) -> Vec<u8> {
    let headers = format!("content-type: {media}\r\ncontent-length: {}\r\n", body.len());
    request(&format!("POST {path}"), &headers, body)
}

/// The place where a request to this path leaves a trace.
pub(super) fn trace_at(path: &str) -> Trace {
    if path.starts_with("/__admin") { Trace::Nowhere } else { Trace::History }
}
