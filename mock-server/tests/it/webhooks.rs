//! A vendor's messages on their way to a receiver: what is sent, when, how often, and what the history records.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::any;
use parking_lot::Mutex;
use serde_json::{Value, json};
use standin_contracts::history::{Leg, What, unpacked};
use standin_contracts::protocol::{Millis, ReplyName};
use standin_mock_server::{MockServer, Receiver};

use crate::support::{client, heard, history, requests, responses, server, until};

/// A request that a receiver got: method, header fields and body.
type Heard = (Method, HeaderMap, Value);

/// A receiver that answers with these statuses first, and then with 200.
#[derive(Clone, Default)]
struct TestReceiver {
    answers: Arc<Mutex<VecDeque<u16>>>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

async fn serve(
    State(receiver_state): State<TestReceiver>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let json = serde_json::from_slice(&unpacked(&body)).unwrap_or(Value::Null);
    receiver_state.heard.lock().push((method, headers, json));
    let status = receiver_state.answers.lock().pop_front().unwrap_or(200);
    (StatusCode::from_u16(status).unwrap(), json!({"app_id": "app-1"}).to_string())
}

/// Starts a receiver and registers it with the vendor.
async fn receiver(server: &MockServer, answers: &[u16]) -> TestReceiver {
    let receiver_state =
        TestReceiver { answers: Arc::new(Mutex::new(answers.iter().copied().collect())), ..TestReceiver::default() };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let routes = Router::new().route("/hook", any(serve)).with_state(receiver_state.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let receiver = Receiver { url, key: "me:very-secret-password".to_owned(), app_id: "app-1".to_owned() };
    server.sandbox().register_receiver("sentiance", receiver).unwrap();
    receiver_state
}

fn admin(server: &MockServer, path: &str) -> String {
    format!("{}/__admin/sandboxes/default/webhooks/sentiance/{path}", server.url())
}

fn answered(status: u16) -> impl Fn(&What) -> bool {
    move |what| matches!(what, What::Response(response) if response.status == status)
}

#[tokio::test]
async fn messages_leave_together_when_the_clock_says_so() {
    let server = server(&["sentiance"]).await;
    let receiver_state = receiver(&server, &[]).await;
    for user in ["u-1", "u-2"] {
        let (status, made) = heard(client().post(admin(&server, "messages")).json(&json!({"user": user}))).await;
        assert_eq!((status, made.as_array().unwrap().len()), (202, 4));
    }
    let (_, pending) = heard(client().get(admin(&server, "messages"))).await;
    assert_eq!((pending["batches"].as_array().unwrap().len(), &pending["next_in"]), (1, &json!("5s")));
    server.sandbox().advance(Millis::from_secs(5));
    until(&server.sandbox(), answered(200)).await;
    let heard = receiver_state.heard.lock();
    let (method, headers, body) = &heard[0];
    assert_eq!((method.as_str(), heard.len()), ("POST", 1));
    assert_eq!(headers["content-encoding"], "gzip");
    assert_eq!(headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(headers["authorization"], "Basic bWU6dmVyeS1zZWNyZXQtcGFzc3dvcmQ=");
    assert_eq!(body["data"].as_array().unwrap().len(), 8);
    assert_eq!(body["data"][5]["meta"]["message_type"], "event_prediction");
    assert_eq!(body["data"][5]["data"]["user_id"], "u-2");
    assert_eq!(body["data"][5]["data"].get("event_id"), None, "only the types that have one tell it");
}

#[tokio::test]
async fn what_is_not_taken_comes_again_after_each_wait() {
    let server = server(&["sentiance"]).await;
    let receiver_state = receiver(&server, &[500, 204]).await;
    heard(client().post(admin(&server, "messages")).json(&json!({"user": "u-1", "count": 1}))).await;
    let sandbox = server.sandbox();
    for (wait, status) in [(5000, 500), (100, 204), (200, 200)] {
        sandbox.advance(Millis::new(wait));
        until(&sandbox, answered(status)).await;
    }
    let replies: Vec<_> = responses(&sandbox).iter().map(|response| response.reply).collect();
    assert_eq!(replies, [None, None, Some(ReplyName::MessageKept)], "exactly 200 counts");
    assert_eq!(receiver_state.heard.lock().len(), 3);
    let mut posted = sandbox.posted();
    while !sandbox.pending("sentiance").unwrap().is_empty() {
        posted.changed().await.unwrap();
    }
}

#[tokio::test]
async fn an_attempt_is_an_exchange_of_its_own_leg_without_the_password() {
    let server = server(&["sentiance"]).await;
    receiver(&server, &[]).await;
    let (status, receipt) = heard(client().post(admin(&server, "test"))).await;
    assert_eq!((status, &receipt["status"], &receipt["reply"]), (200, &json!(200), &json!("message_kept")));
    let request = requests(&server.sandbox()).remove(0);
    assert_eq!((request.leg, request.target.as_str()), (Leg::VendorToBackend, "/hook"));
    assert_eq!(request.operation.as_deref(), Some("firehose"));
    assert!(request.headers.iter().any(|(name, value)| name == "sentiance-payload-type" && value == "test"));
    assert!(request.delivery.is_some_and(|delivery| delivery.test));
    let told = format!("{:?}", history(&server.sandbox()));
    assert!(told.contains("partner_key#1"), "{told}");
    assert!(!told.contains("very-secret-password") && !told.contains("bWU6dmVyeS1zZWNyZXQtcGFzc3dvcmQ"), "{told}");
}

#[tokio::test]
async fn a_receiver_is_probed_with_good_credentials_and_others() {
    let server = server(&["sentiance"]).await;
    receiver(&server, &[200, 401]).await;
    let (_, receipt) = heard(client().post(admin(&server, "probe"))).await;
    assert_eq!(receipt["reply"], "probe_answered");
    let wrong = json!({"credentials": "wrong_password"});
    let (_, receipt) = heard(client().post(admin(&server, "probe")).json(&wrong)).await;
    assert_eq!((&receipt["status"], &receipt["reply"]), (&json!(401), &json!("key_missing")));
}

#[tokio::test]
async fn what_can_not_be_delivered_is_refused_with_what_would_be_right() {
    let server = server(&["sentiance", "techcentrix"]).await;
    let post = |path: &str, body: Value| client().post(admin(&server, path)).json(&body);
    let (status, _) = heard(post("probe", json!({}))).await;
    assert_eq!(status, 404, "nobody is registered");
    let (status, problem) = heard(post("messages", json!({"user": "u", "types": ["trip"]}))).await;
    assert_eq!(status, 422);
    assert!(problem["detail"].as_str().unwrap().contains("transport, event_prediction"), "{problem}");
    let bad = client().put(admin(&server, "receiver")).json(&json!({"url": "ftp://here"}));
    assert_eq!(heard(bad).await.0, 422);
    let other = format!("{}/__admin/sandboxes/default/webhooks/techcentrix/messages", server.url());
    let (status, problem) = heard(client().get(other)).await;
    assert_eq!(status, 422);
    assert!(problem["detail"].as_str().unwrap().contains("techcentrix has no webhook"), "{problem}");
}

#[tokio::test]
async fn a_receiver_that_nobody_serves_is_tried_again() {
    let server = server(&["sentiance"]).await;
    let url = "http://127.0.0.1:9/hook".to_owned();
    let receiver = Receiver { url, key: "a:b-for-nobody".to_owned(), app_id: "app-1".to_owned() };
    server.sandbox().register_receiver("sentiance", receiver).unwrap();
    heard(client().post(admin(&server, "messages")).json(&json!({"user": "u-1", "count": 1}))).await;
    server.sandbox().advance(Millis::from_secs(5));
    until(&server.sandbox(), |what| matches!(what, What::SendFailed { .. })).await;
    let mut posted = server.sandbox().posted();
    while server.sandbox().pending("sentiance").unwrap()[0].tries == 0 {
        posted.changed().await.unwrap();
    }
}

#[tokio::test]
async fn what_reached_nobody_is_told_apart_from_what_was_not_answered() {
    let hangs_up = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let there = format!("http://{}/hook", hangs_up.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = hangs_up.accept().await {
            drop(stream);
        }
    });
    for (url, is_unreached) in [("http://127.0.0.1:9/hook".to_owned(), true), (there, false)] {
        let server = server(&["sentiance"]).await;
        let receiver = Receiver { url, key: "a:b-for-nobody".to_owned(), app_id: "app-1".to_owned() };
        server.sandbox().register_receiver("sentiance", receiver).unwrap();
        let (_, receipt) = heard(client().post(admin(&server, "test"))).await;
        assert!(receipt["failure"].is_string(), "{receipt}");
        let events = history(&server.sandbox());
        let failed = events.iter().find_map(|event| match &event.event {
            What::SendFailed { unreached, .. } => Some(*unreached),
            _ => None,
        });
        assert_eq!(failed, Some(is_unreached), "{receipt}");
    }
}
