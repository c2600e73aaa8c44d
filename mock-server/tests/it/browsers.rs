//! Pages of other origins, and what browsers do for themselves.

use standin_contracts::history::{Leg, What};
use standin_mock_server::fault::{Fault, RetryAfter, Status};
use standin_mock_server::{FaultSpec, MockConfig, MockServer, When};

use crate::support::{client, config, server};

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
