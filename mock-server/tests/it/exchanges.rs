//! The vendors' documented exchanges against the running mock: literal bytes in over a socket, literal values out.
//!
//! Nothing here uses the codec, so a mistake in the codec can't hide itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use standin_contracts::contract::{Contract, Proof, Secrets, builtin};
use standin_contracts::protocol::{Millis, Timestamp};
use standin_mock_server::fault::{Fault, FaultSpec, Status, Throttle};
use standin_mock_server::{ClockStart, KeyRing, MockConfig, MockServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The mock's settings in a case's JSON file.
#[derive(Deserialize)]
struct Case {
    mock: Option<Setup>,
}

/// The settings with which the mock answers as the vendor's documentation shows.
#[derive(Deserialize)]
struct Setup {
    server_key: Option<String>,
    client_key: Option<String>,
    server_hash: Option<String>,
    sdk_constant: Option<String>,
    now: Timestamp,
    #[serde(default)]
    before: Vec<String>,
    advance: Option<Millis>,
    fault: Option<Value>,
    #[serde(default)]
    varies: Vec<String>,
}

/// The values that the mock drew where the files show others. Later requests must use the mock's values.
#[derive(Default)]
struct DrawnValues {
    /// Pairs of the file's value and the mock's value, the latest last.
    drawn: Vec<(String, String)>,
    /// The constant compiled into an SDK that sends a hash over its session's token.
    session_constant: Option<String>,
}

impl DrawnValues {
    fn learn(&mut self, shown: &HttpAnswer, answer: &HttpAnswer) {
        match (serde_json::from_slice(&shown.body), serde_json::from_slice(&answer.body)) {
            (Ok(shown), Ok(answer)) => self.compare(&shown, &answer),
            _ => self.note(&String::from_utf8_lossy(&shown.body), &String::from_utf8_lossy(&answer.body)),
        }
    }

    fn compare(&mut self, shown: &Value, answer: &Value) {
        match (shown, answer) {
            (Value::Object(members), answer) => {
                members.iter().for_each(|(name, below)| self.compare(below, &answer[name.as_str()]));
            }
            (Value::String(shown), Value::String(answer)) => self.note(shown, answer),
            _ => {}
        }
    }

    fn note(&mut self, shown: &str, answer: &str) {
        if !shown.is_empty() && shown != answer {
            self.drawn.retain(|(known, _)| known != shown);
            self.drawn.push((shown.to_owned(), answer.to_owned()));
        }
    }

    /// The request with the mock's values in place of the file's, and with the resulting length and hash.
    fn put(&self, request: &str) -> String {
        let hash = |drawn: &str| {
            let secrets = Secrets { sdk_constant: self.session_constant.clone()?, ..Secrets::default() };
            Some(Proof::FinboxSessionHash.make(&secrets, drawn, Timestamp::from_millis(0)))
        };
        let mut text = request.to_owned();
        for (shown, drawn) in &self.drawn {
            if let (true, Some(shown), Some(drawn)) = (text.contains(shown), hash(shown), hash(drawn)) {
                text = text.replace(&shown, &drawn);
            }
            text = text.replace(shown, drawn);
        }
        let length = text.split_once("\r\n\r\n").map_or(0, |(_, body)| body.len());
        let lines = text.split("\r\n").map(|line| match line.strip_prefix("Content-Length: ") {
            Some(_) => format!("Content-Length: {length}"),
            None => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\r\n")
    }
}

/// An HTTP answer, read as bytes.
#[derive(Debug)]
struct HttpAnswer {
    status: String,
    content_type: Option<String>,
    body: Vec<u8>,
}

#[tokio::test]
async fn the_mock_answers_every_documented_exchange_as_documented() {
    let mut played = 0;
    for vendor in ["techcentrix", "sentiance", "finbox", "junction"] {
        for name in cases(vendor) {
            let case: Case = serde_json::from_str(&text(vendor, &name, "json")).expect("a case");
            if let Some(setup) = case.mock {
                check(vendor, &name, &setup).await;
                played += 1;
            }
        }
    }
    assert!(played >= 25, "only {played} exchanges were played");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

fn cases(vendor: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder().join("exchanges").join(vendor))
        .expect("the vendor's exchanges")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.strip_suffix(".json").map(str::to_owned))
        .collect();
    names.sort();
    names
}

fn text(vendor: &str, name: &str, ending: &str) -> String {
    let path = folder().join("exchanges").join(vendor).join(format!("{name}.{ending}"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

async fn check(vendor: &str, name: &str, setup: &Setup) {
    let server = start(vendor, setup).await;
    let mut names = DrawnValues { session_constant: setup.sdk_constant.clone(), ..DrawnValues::default() };
    for before in &setup.before {
        let answer = send(&server, &names.put(&text(vendor, before, "request.http"))).await;
        assert!(answer.status.starts_with('2'), "{vendor}/{name}: {before} goes first, and got {answer:?}");
        names.learn(&parse(text(vendor, before, "response.http").as_bytes()), &answer);
    }
    if let Some(by) = setup.advance {
        server.sandbox().advance(by);
    }
    if let Some(fault) = &setup.fault {
        server.sandbox().set_fault(FaultSpec::new(the_fault(fault, vendor, name))).expect("the fault is set");
    }
    let answer = send(&server, &names.put(&text(vendor, name, "request.http"))).await;
    let documented = parse(text(vendor, name, "response.http").as_bytes());
    compare(&format!("{vendor}/{name}"), &answer, &documented, &setup.varies);
    server.stop().await;
}

async fn start(vendor: &str, setup: &Setup) -> MockServer {
    let mut config = MockConfig::new(vec![contract(vendor)]);
    config.clock = ClockStart::At(setup.now);
    let key = |given: &Option<String>, known: &str| given.clone().unwrap_or_else(|| known.to_owned());
    let ring =
        KeyRing::of(&key(&setup.server_key, "standin-server-key"), &key(&setup.client_key, "standin-client-key"));
    config.keys.insert(vendor.to_owned(), ring);
    let own = Secrets::default();
    let secrets = Secrets {
        server_hash: key(&setup.server_hash, &own.server_hash),
        sdk_constant: key(&setup.sdk_constant, &own.sdk_constant),
        ..own
    };
    config.secrets.insert(vendor.to_owned(), secrets);
    MockServer::start(config).await.expect("the server starts")
}

fn contract(vendor: &str) -> Arc<Contract> {
    let loaded = builtin(vendor).unwrap_or_else(|| {
        let path = folder().join(format!("contracts/{vendor}.yaml"));
        Contract::load("fixture", &std::fs::read_to_string(path).expect("the fixture"))
    });
    Arc::new(loaded.expect("a good contract"))
}

fn the_fault(fault: &Value, vendor: &str, name: &str) -> Fault {
    match fault["kind"].as_str() {
        Some("throttle") => Fault::Throttle(Throttle { retry_after: None }),
        Some("unavailable") => {
            let status = parse(text(vendor, name, "response.http").as_bytes()).status;
            let status = status.get(..3).and_then(|code| code.parse().ok()).expect("a status");
            Fault::Status(Status::plain(status))
        }
        other => panic!("no fault of kind {other:?}"),
    }
}

/// Sends the file's bytes unchanged, and reads until the answer is whole.
async fn send(server: &MockServer, request: &str) -> HttpAnswer {
    let mut socket = TcpStream::connect(server.address()).await.expect("a connection");
    socket.write_all(request.as_bytes()).await.expect("the request is sent");
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    while !is_whole(&bytes) {
        let count = socket.read(&mut part).await.expect("the answer is read");
        assert!(count > 0, "the connection ended within the answer");
        bytes.extend_from_slice(&part[..count]);
    }
    parse(&bytes)
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some(head) = bytes.windows(4).position(|part| part == b"\r\n\r\n") else { return false };
    let length = String::from_utf8_lossy(&bytes[..head])
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(|value| value.trim().to_owned()))
        .and_then(|value| value.parse::<usize>().ok())
        .unwrap_or(0);
    bytes.len() >= head + 4 + length
}

fn parse(bytes: &[u8]) -> HttpAnswer {
    let head = bytes.windows(4).position(|part| part == b"\r\n\r\n").expect("a blank line after the head");
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let status = text.lines().next().and_then(|line| line.split_once(' ')).expect("a status line").1.to_owned();
    let content_type = text
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with("content-type:"))
        .map(|line| line["content-type:".len()..].trim().to_owned());
    HttpAnswer { status, content_type, body: bytes[head + 4..].to_vec() }
}

fn compare(case: &str, answer: &HttpAnswer, documented: &HttpAnswer, varies: &[String]) {
    let said = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status.get(..3), documented.status.get(..3), "{case}: status, with {said}");
    if documented.content_type.is_some() {
        assert_eq!(answer.content_type, documented.content_type, "{case}: media type");
    }
    if varies.iter().any(String::is_empty) {
        assert_eq!(answer.body.is_empty(), documented.body.is_empty(), "{case}: whether there is a body");
        return;
    }
    match (serde_json::from_slice::<Value>(&answer.body), serde_json::from_slice::<Value>(&documented.body)) {
        (Ok(mut answer), Ok(mut documented)) => {
            for place in varies {
                let (here, there) = (answer.pointer_mut(place), documented.pointer_mut(place));
                let (Some(here), Some(there)) = (here, there) else { panic!("{case}: {place} is missing in {said}") };
                *here = Value::Null;
                *there = Value::Null;
            }
            assert_eq!(answer, documented, "{case}");
        }
        _ => assert_eq!(said, String::from_utf8_lossy(&documented.body), "{case}"),
    }
}
