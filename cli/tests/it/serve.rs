//! `standin serve`: the ready line, the settings, and a clean end.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{refuses, standin};

/// A running server, and the line that it printed.
pub(crate) struct Server {
    child: Child,
    ready: Value,
}

pub(crate) fn serve(more: &[&str]) -> Server {
    let arguments = [&["serve", "--listen", "127.0.0.1:0", "--output", "json"], more].concat();
    let mut child = standin(&arguments).stdout(Stdio::piped()).spawn().expect("the program runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    Server { ready: serde_json::from_str(&line).expect("one line of JSON"), child }
}

impl Server {
    pub(crate) fn text(&self, pointer: &str) -> String {
        self.ready
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{pointer} in {}", self.ready))
            .to_owned()
    }

    pub(crate) fn ends_cleanly_on(mut self, signal: Signal) {
        end_cleanly(&mut self.child, signal);
    }
}

/// Ends a child that ends with 0.
pub(crate) fn end_cleanly(child: &mut Child, signal: Signal) {
    let id = Pid::from_raw(child.id().cast_signed()).expect("an id");
    kill_process(id, signal).expect("the signal is sent");
    assert_eq!(child.wait().expect("an end").code(), Some(0));
}

impl Drop for Server {
    /// A failed test must not leave its server behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

pub(crate) async fn code(url: &str, key: &str) -> reqwest::Response {
    let body = serde_json::json!({"external_id": "user-1"});
    let request =
        reqwest::Client::builder().no_proxy().build().expect("a client").post(format!("{url}/users/auth-code"));
    request.bearer_auth(key).json(&body).send().await.expect("an answer")
}

#[tokio::test]
async fn the_ready_line_is_all_that_a_client_needs() {
    let server = serve(&[]);
    let answer = code(&server.text("/vendors/sentiance/url"), &server.text("/vendors/sentiance/server_key")).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("standin-mock"));
    assert_eq!(server.text("/vendors/finbox/server_hash"), "standin-server-hash");
    server.ends_cleanly_on(Signal::TERM);
}

#[tokio::test]
async fn ctrl_c_ends_it_cleanly() {
    serve(&[]).ends_cleanly_on(Signal::INT);
}

#[tokio::test]
async fn a_lone_vendor_is_served_at_the_root_too() {
    let server = serve(&["--vendor", "sentiance"]);
    assert_eq!(code(&server.text("/url"), "standin-server-key").await.status(), 200);
    server.ends_cleanly_on(Signal::TERM);
}

#[tokio::test]
async fn keys_and_facts_can_be_set() {
    let server = serve(&["--set", "sentiance.server_key=mine", "--set", "sentiance.credential.lifetime=30s"]);
    let url = server.text("/vendors/sentiance/url");
    assert_eq!(code(&url, "standin-server-key").await.status(), 401);
    let answer: Value = code(&url, "mine").await.json().await.expect("JSON");
    let time = |text: &Value| -> standin_contracts::protocol::Timestamp {
        text.as_str().and_then(|text| text.parse().ok()).expect("a moment")
    };
    let history: Value = reqwest::get(format!("{}/__admin/sandboxes/default/history", server.text("/url")))
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let issued = history["events"].as_array().and_then(|events| events.last()).expect("an event")["event"]["fields"]["requested_at"].clone();
    assert_eq!(time(&answer["expires_at"]).since(time(&issued)).to_string(), "30s");
    server.ends_cleanly_on(Signal::TERM);
}

#[tokio::test]
async fn a_port_in_use_is_told_as_one_error() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let error = refuses(&["serve", "--listen", &address]);
    assert!(error.contains(&taken.local_addr().expect("its address").port().to_string()), "{error}");
    assert!(error.contains("in use"), "{error}");
}

#[test]
fn wrong_settings_are_told_with_what_would_be_right() {
    let error = refuses(&["serve", "--vendor", "sentience"]);
    assert!(error.contains("sentience") && error.contains("sentiance"), "{error}");
    let error = refuses(&["serve", "--set", "sentiance.credential.lifetim=30s"]);
    assert!(error.contains("did you mean `credential.lifetime`?"), "{error}");
    let error = refuses(&["serve", "--set", "sentiance.credential.lifetime=soon"]);
    assert!(error.contains("10min"), "{error}");
    let error = refuses(&["serve", "--set", "nonsense"]);
    assert!(error.contains("VENDOR.credential.lifetime=30s"), "{error}");
    let error = refuses(&["serve", "--vendor", "finbox", "--set", "sentiance.server_key=x"]);
    assert!(error.contains("served is finbox"), "{error}");
    assert!(refuses(&["serve", "--listen", "localhost"]).contains("such as 127.0.0.1:7357"));
    refuses(&["serve", "--config", "no-such-file.toml"]);
}
