//! Pages of other origins, and what browsers do for themselves.

use serde_json::{Value, json};
use standin_contracts::history::{Leg, TlsKind, What};
use standin_mock_server::fault::{Fault, RetryAfter, Status};
use standin_mock_server::{FaultSpec, Limits, MockConfig, MockServer, When};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{client, config, connect, credential, issue, requests, server};

const PAGE: &str = "http://localhost:3000";

/// A preflight, as a browser sends it.
fn preflight(url: &str, method: &str) -> reqwest::RequestBuilder {
    let asked = client().request(reqwest::Method::OPTIONS, url).header("origin", PAGE);
    asked
        .header("access-control-request-method", method)
        .header("access-control-request-headers", "x-mine,content-type")
}

fn legs(server: &MockServer) -> Vec<Leg> {
    let events = server.sandbox().history_after(0, usize::MAX);
    let leg = |event: &std::sync::Arc<standin_contracts::history::Event>| match &event.event {
        What::Request(request) => Some(request.leg),
        _ => None,
    };
    events.iter().filter_map(leg).collect()
}

#[tokio::test]
async fn a_page_may_call_what_needs_no_server_key_and_its_preflight_is_nobodys() {
    for subject_only in [false, true] {
        let server = MockServer::start(MockConfig { subject_only, ..config(&["sentiance"]) }).await.unwrap();
        let answer = preflight(&format!("{}/i/web-1/sentiance/sdk/users", server.url()), "POST").send().await.unwrap();
        let field = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(answer.status(), 204);
        assert_eq!(field("access-control-allow-origin").as_deref(), Some(PAGE));
        assert_eq!(field("access-control-allow-methods").as_deref(), Some("POST"));
        assert_eq!(field("access-control-allow-headers").as_deref(), Some("x-mine,content-type"));
        assert_eq!(legs(&server), [Leg::BrowserToVendor]);
    }
}

#[tokio::test]
async fn no_page_may_call_what_needs_a_server_key_unless_the_contract_says_so() {
    for (cors, status) in [("sdk", 405), ("none", 405), ("all", 204)] {
        let mut config = config(&["sentiance"]);
        let mut contract = (*config.contracts[0]).clone();
        contract.facts.set("cors", cors).unwrap();
        config.contracts = vec![contract.into()];
        let server = MockServer::start(config).await.unwrap();
        let url = format!("{}/users/auth-code", server.vendor_url("sentiance"));
        let answer = preflight(&url, "POST").send().await.unwrap();
        assert_eq!(answer.status(), status, "{cors}");
        assert_eq!(answer.headers().contains_key("access-control-allow-origin"), status == 204, "{cors}");
    }
}

#[tokio::test]
async fn the_admin_api_is_for_no_page() {
    let server = server(&["sentiance"]).await;
    let answer = preflight(&format!("{}/__admin/sandboxes", server.url()), "POST").send().await.unwrap();
    assert!(!answer.headers().contains_key("access-control-allow-origin"));
    assert_ne!(answer.status(), 204);
}

#[tokio::test]
async fn a_page_reads_answers_and_faults_alike() {
    let server = server(&["sentiance"]).await;
    let status = Status { retry_after: Some(RetryAfter::Seconds(7)), ..Status::plain(429) };
    server.sandbox().set_fault(FaultSpec::new(Fault::Status(status)).when(When::Next(1))).unwrap();
    let url = format!("{}/sdk/users", server.vendor_url("sentiance"));
    for expected in [429, 400] {
        let answer = client().post(&url).header("origin", PAGE).json(&serde_json::json!({})).send().await.unwrap();
        assert_eq!(answer.status(), expected);
        assert_eq!(answer.headers()["access-control-allow-origin"], PAGE);
        assert!(answer.headers()["access-control-expose-headers"].to_str().unwrap().contains("Retry-After"));
    }
    let plain = client().post(&url).json(&serde_json::json!({})).send().await.unwrap();
    assert!(!plain.headers().contains_key("access-control-allow-origin"), "nobody's page asked");
}

#[tokio::test]
async fn a_persons_browser_is_nobody_unless_all_is_the_subjects() {
    for (subject_only, leg) in [(false, Leg::BrowserToVendor), (true, Leg::BackendToVendor)] {
        let server = MockServer::start(MockConfig { subject_only, ..config(&["sentiance"]) }).await.unwrap();
        let looked = client().get(format!("{}/sentiance/", server.url())).header("sec-fetch-dest", "document");
        assert_eq!(looked.send().await.unwrap().status(), 404);
        assert_eq!(client().get(format!("{}/favicon.ico", server.url())).send().await.unwrap().status(), 404);
        assert_eq!(legs(&server), [leg, leg]);
        assert_eq!(client().get(format!("{}/other", server.url())).send().await.unwrap().status(), 404);
        assert_eq!(legs(&server)[2], Leg::BackendToVendor, "no other sign counts");
    }
}

#[tokio::test]
async fn a_run_has_no_admin_api_and_records_a_call_to_it() {
    let server = MockServer::start(MockConfig { subject_only: true, ..config(&["sentiance"]) }).await.unwrap();
    let url = format!("{}/__admin/sandboxes/default/reset", server.url());
    assert_eq!(client().post(url).send().await.unwrap().status(), 404);
    assert_eq!(legs(&server), [Leg::BackendToVendor]);
}

/// Sends a request on a connection of its own, and reads the answer until the mock ends it: its head in lower case, and
/// its body.
async fn answer_to(server: &MockServer, head: &[&str], body: &str) -> (String, String) {
    let length = format!("content-length: {}", body.len());
    let lines = [head, &["host: mock", "connection: close", &length]].concat().join("\r\n");
    let mut stream = connect(server).await;
    stream.write_all(format!("{lines}\r\n\r\n{body}").as_bytes()).await.unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.unwrap();
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), body.to_owned())
}

fn has(head: &str, line: &str) -> bool {
    head.lines().any(|one| one == line)
}

/// A page's POST, by a browser: it asks first, and sends the request only if the answer allows it. Returns what the page
/// may read, the head and the body; `None` if the browser keeps it from the page.
async fn fetched(server: &MockServer, path: &str, fields: &[&str], body: &Value) -> Option<(String, Value)> {
    let from = format!("origin: {PAGE}");
    let browsers = [from.as_str(), "sec-fetch-mode: cors", "sec-fetch-site: cross-site", "sec-fetch-dest: empty"];
    let names: Vec<&str> = fields.iter().filter_map(|field| field.split(':').next()).collect();
    let wanted = format!("access-control-request-headers: {}", names.join(","));
    let line = format!("OPTIONS {path} HTTP/1.1");
    let asked = [&[line.as_str(), "access-control-request-method: POST", &wanted], &browsers[..]].concat();
    let (allowed, _) = answer_to(server, &asked, "").await;
    let origin = format!("access-control-allow-origin: {PAGE}");
    let headers = format!("access-control-allow-headers: {}", names.join(","));
    let is_allowed = allowed.starts_with("http/1.1 204 ")
        && [&origin, &headers, "access-control-allow-methods: post"].iter().all(|line| has(&allowed, line));
    if !is_allowed {
        return None;
    }
    let line = format!("POST {path} HTTP/1.1");
    let (head, body) = answer_to(server, &[&[line.as_str()], fields, &browsers].concat(), &body.to_string()).await;
    has(&head, &origin).then(|| (head, serde_json::from_str(&body).unwrap_or(Value::Null)))
}

const FIELDS: [&str; 2] = ["content-type: application/json", "x-mobile-api-key: standin-client-key"];

#[tokio::test]
async fn a_browser_lets_a_page_sign_in_and_read_a_refusal() {
    let server = server(&["techcentrix"]).await;
    let token = credential(&client(), &server.vendor_url("techcentrix"), "ann").await;
    let body = json!({"oneTimeToken": token, "installId": "web-1", "deviceId": "web-1", "deviceKind": "phone"});
    let busy = Status { retry_after: Some(RetryAfter::Seconds(7)), ..Status::plain(503) };
    server.sandbox().set_fault(FaultSpec::new(Fault::Status(busy)).when(When::Next(1))).unwrap();
    let path = "/i/web-1/techcentrix/sdk/users";
    let (head, _) = fetched(&server, path, &FIELDS, &body).await.expect("a page may read a fault");
    assert!(head.starts_with("http/1.1 503 ") && has(&head, "retry-after: 7"), "{head}");
    assert!(head.contains("access-control-expose-headers: retry-after, date,"), "{head}");
    let (head, _) = fetched(&server, path, &FIELDS, &body).await.expect("a page may call it");
    assert!(head.starts_with("http/1.1 200 "), "the preflights took no fault, and redeemed nothing: {head}");
    let browser = Leg::BrowserToVendor;
    assert_eq!(legs(&server), [Leg::BackendToVendor, browser, Leg::SdkToVendor, browser, Leg::SdkToVendor]);
    assert!(requests(&server.sandbox()).iter().all(|one| one.leg != browser || one.step.is_none()));
}

#[tokio::test]
async fn a_browser_keeps_server_keys_and_the_admin_api_from_pages() {
    for subject_only in [false, true] {
        let server = MockServer::start(MockConfig { subject_only, ..config(&["techcentrix"]) }).await.unwrap();
        let fields = ["authorization: Bearer standin-server-key", "content-type: application/json"];
        for path in ["/techcentrix/user/api/auth/external", "/__admin/sandboxes/default/reset"] {
            assert_eq!(fetched(&server, path, &fields, &json!({"id": "ann"})).await, None, "{path}");
        }
        assert!(requests(&server.sandbox()).iter().all(|one| one.method == "OPTIONS"), "nothing was carried out");
    }
}

#[tokio::test]
async fn a_page_reads_why_its_request_could_not_be_read() {
    let limits = Limits { body: 20, ..Limits::default() };
    let server = MockServer::start(MockConfig { limits, ..config(&["techcentrix"]) }).await.unwrap();
    let path = "/techcentrix/sdk/users";
    let (head, _) = fetched(&server, path, &FIELDS, &json!({"oneTimeToken": "x".repeat(50)})).await.unwrap();
    assert!(head.starts_with("http/1.1 413 "), "{head}");
}

#[tokio::test]
async fn only_options_can_be_a_preflight_and_only_where_no_operation_is_an_icon() {
    let server = server(&["techcentrix"]).await;
    let base = server.vendor_url("techcentrix");
    let posing = issue(&client(), &base, "standin-server-key", "ann").header("access-control-request-method", "POST");
    assert_eq!(posing.send().await.unwrap().status(), 200);
    let posing = issue(&client(), &base, "standin-server-key", "bob").header("sec-fetch-dest", "empty");
    assert_eq!(posing.send().await.unwrap().status(), 200);
    let plain = client().request(reqwest::Method::OPTIONS, format!("{base}/sdk/users"));
    assert_eq!(plain.send().await.unwrap().status(), 405);
    assert_eq!(client().post(format!("{base}/favicon.ico")).send().await.unwrap().status(), 404);
    assert_eq!(legs(&server), [Leg::BackendToVendor; 4]);
}

#[tokio::test]
async fn no_listener_of_a_run_has_the_admin_api() {
    let mut server = MockServer::start(MockConfig { subject_only: true, ..config(&["techcentrix"]) }).await.unwrap();
    let other_origin = server.open_other_origin().await.unwrap();
    let secure = server.open_tls(TlsKind::Good).await.unwrap();
    let authority = reqwest::Certificate::from_pem(secure.authority.as_bytes()).unwrap();
    let careful = reqwest::Client::builder().no_proxy().tls_certs_only([authority]).build().unwrap();
    for base in [server.url(), &other_origin, &secure.url] {
        let answer = careful.get(format!("{base}/__admin/health")).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{base}");
    }
    assert_eq!(legs(&server), [Leg::BackendToVendor, Leg::BackendToOtherOrigin, Leg::BackendToVendor]);
}
