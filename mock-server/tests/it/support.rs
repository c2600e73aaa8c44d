//! What the tests share: a server with a frozen clock, the usual calls, and a raw socket.

use std::sync::Arc;
use std::time::Duration;

use proptest::test_runner::Config as ProptestConfig;
use serde_json::{Value, json};
use standin_contracts::contract::{Contract, builtin};
use standin_contracts::history::{Event, Request, Response, What};
use standin_contracts::protocol::Timestamp;
use standin_mock_server::{ClockStart, MockConfig, MockServer, Sandbox};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The time of the tests' clocks: 2026-11-20T08:00:00Z.
pub(crate) const START: i64 = 1_795_161_600_000;
/// Longer than anything in these tests takes. It runs out only if something hangs.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A vendor's contract: a shipped one, or a fixture.
pub(crate) fn contract(vendor: &str) -> Arc<Contract> {
    let loaded = builtin(vendor).unwrap_or_else(|| {
        let path = format!("{}/../fixtures/contracts/{vendor}.yaml", env!("CARGO_MANIFEST_DIR"));
        Contract::load("fixture", &std::fs::read_to_string(path).unwrap())
    });
    Arc::new(loaded.unwrap())
}

/// Runs a fraction of the usual number of cases, for properties of slow things. `PROPTEST_CASES` raises the number.
pub(crate) fn a_part_of_the_cases(part: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: (usual.cases / part).max(1), ..usual }
}

/// A configuration with a frozen clock.
pub(crate) fn config(vendors: &[&str]) -> MockConfig {
    let contracts = vendors.iter().map(|vendor| contract(vendor)).collect();
    MockConfig { clock: ClockStart::At(Timestamp::from_millis(START)), seed: 7, ..MockConfig::new(contracts) }
}

/// A server with a frozen clock that serves these vendors.
pub(crate) async fn server(vendors: &[&str]) -> MockServer {
    MockServer::start(config(vendors)).await.unwrap()
}

/// A client of its own, so that no two tests share a connection.
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().timeout(TIMEOUT).build().unwrap()
}

/// TechCentrix's request for a credential, as a client backend sends it.
pub(crate) fn issue(client: &reqwest::Client, base: &str, key: &str, id: &str) -> reqwest::RequestBuilder {
    let body = json!({"id": id, "email": format!("{id}@example.com"), "firstName": "Ann"});
    client.post(format!("{base}/user/api/auth/external")).bearer_auth(key).json(&body)
}

pub(crate) async fn credential(client: &reqwest::Client, base: &str, id: &str) -> String {
    let answer = issue(client, base, "standin-server-key", id).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

/// TechCentrix's redemption of a credential, as an SDK sends it.
pub(crate) fn redeem(client: &reqwest::Client, base: &str, token: &str, install: &str) -> reqwest::RequestBuilder {
    let body = json!({"oneTimeToken": token, "installId": install, "deviceId": install, "deviceKind": "phone"});
    client.post(format!("{base}/sdk/users")).header("x-mobile-api-key", "standin-client-key").json(&body)
}

/// An answer's status and JSON body.
pub(crate) async fn heard(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

/// The whole history of a sandbox.
pub(crate) fn history(sandbox: &Sandbox) -> Vec<Arc<Event>> {
    sandbox.history_after(0, usize::MAX)
}

pub(crate) fn requests(sandbox: &Sandbox) -> Vec<Request> {
    history(sandbox)
        .iter()
        .filter_map(|event| match &event.event {
            What::Request(request) => Some((**request).clone()),
            _ => None,
        })
        .collect()
}

pub(crate) fn responses(sandbox: &Sandbox) -> Vec<Response> {
    history(sandbox)
        .iter()
        .filter_map(|event| match &event.event {
            What::Response(response) => Some((**response).clone()),
            _ => None,
        })
        .collect()
}

/// The kinds of the events in a history, with their exchanges.
pub(crate) fn kinds(sandbox: &Sandbox) -> Vec<(&'static str, u64)> {
    history(sandbox)
        .iter()
        .map(|event| match &event.event {
            What::Request(request) => ("request", request.exchange),
            What::Response(response) => ("response", response.exchange),
            What::SendFailed { exchange, .. } => ("send failed", *exchange),
            What::Clock(_) => ("clock", 0),
            What::Fault(_) => ("fault", 0),
            _ => ("other", 0),
        })
        .collect()
}

/// Waits until the history has an event that fits.
pub(crate) async fn until(sandbox: &Sandbox, fits: impl Fn(&What) -> bool) {
    let mut changed = sandbox.changed();
    let wait = async {
        while !history(sandbox).iter().any(|event| fits(&event.event)) {
            changed.changed().await.unwrap();
        }
    };
    tokio::time::timeout(TIMEOUT, wait).await.expect("the event never came");
}

pub(crate) async fn connect(server: &MockServer) -> TcpStream {
    TcpStream::connect(server.address()).await.unwrap()
}

/// TechCentrix's request for a credential, as bytes.
pub(crate) fn issue_bytes(id: &str) -> Vec<u8> {
    let body = json!({"id": id, "email": "a@example.com", "firstName": "Ann"}).to_string();
    post("/techcentrix/user/api/auth/external", &body)
}

/// A POST as bytes.
pub(crate) fn post(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: mock\r\nauthorization: Bearer standin-server-key\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

pub(crate) async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).await.unwrap();
}

/// Sends the bytes, and reads until the connection ends. Returns what was read, and how it ended.
pub(crate) async fn exchange(stream: &mut TcpStream, bytes: &[u8]) -> (String, std::io::Result<()>) {
    send(stream, bytes).await;
    read_to_end(stream).await
}

/// Reads until the connection ends. Returns what was read, and how it ended.
pub(crate) async fn read_to_end(stream: &mut TcpStream) -> (String, std::io::Result<()>) {
    let mut heard = Vec::new();
    let ended = tokio::time::timeout(TIMEOUT, stream.read_to_end(&mut heard)).await.expect("the connection hangs");
    (String::from_utf8_lossy(&heard).into_owned(), ended.map(|_| ()))
}

/// Reads one answer from a connection that stays open.
pub(crate) async fn read_answer(stream: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = tokio::time::timeout(TIMEOUT, stream.read(&mut buffer)).await.expect("no answer").unwrap();
        heard.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&heard).into_owned();
        if count == 0 || is_whole(&text) {
            return text;
        }
    }
}

fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    length.is_some_and(|length: usize| body.len() >= length)
}

/// Reads byte by byte up to and including this text.
pub(crate) async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut heard = Vec::new();
    while !heard.ends_with(end.as_bytes()) {
        let byte = tokio::time::timeout(TIMEOUT, stream.read_u8()).await.expect("no answer").unwrap();
        heard.push(byte);
    }
    String::from_utf8_lossy(&heard).into_owned()
}
