//! A handler that panics, tried with a vendor whose state was broken on purpose: no request is known to break it.

use std::sync::Arc;

use serde_json::json;
use standin_contracts::contract::builtin;
use standin_contracts::history::{Leg, What};

use crate::{MockConfig, MockServer};

async fn issue(server: &MockServer, client: &reqwest::Client, user: &str) -> reqwest::Response {
    let url = format!("{}/user/api/auth/external", server.vendor_url("techcentrix"));
    let request = client.post(url).bearer_auth("standin-server-key").json(&json!({"id": user}));
    request.send().await.expect("an answer")
}

#[tokio::test]
async fn a_panic_is_answered_and_recorded_as_our_fault_and_the_next_request_is_served() {
    let contract = builtin("techcentrix").expect("it ships").expect("a good contract");
    let server = MockServer::start(MockConfig::new(vec![Arc::new(contract)])).await.expect("the server starts");
    let (sandbox, client) = (server.sandbox(), reqwest::Client::new());
    assert_eq!(issue(&server, &client, "ann").await.status(), 200);
    sandbox.lose_users();
    let answer = issue(&server, &client, "ann").await;
    assert_eq!(answer.status(), 500);
    assert!(answer.headers().contains_key("standin-mock"));
    let problem: serde_json::Value = answer.json().await.expect("a problem document");
    assert_eq!(problem["title"], "internal error");
    let events = sandbox.history_after(2, usize::MAX);
    let [request, response] = &events[..] else { panic!("{events:?}") };
    let (What::Request(request), What::Response(response)) = (&request.event, &response.event) else {
        panic!("{events:?}")
    };
    assert_eq!((response.exchange, response.status, response.reply), (request.exchange, 500, None));
    assert!(response.fault.as_deref().is_some_and(|words| words.contains("panicked")), "{response:?}");
    assert_eq!(sandbox.open_exchanges(Leg::BackendToVendor), 0);
    assert_eq!(issue(&server, &client, "bob").await.status(), 200);
}
