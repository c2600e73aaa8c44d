//! What histories contain, and what they never contain.

use standin_contracts::contract::{WireRequest, WireResponse};
use standin_contracts::history::{
    AppIntent, AppOutcome, Fate, Leg, Login, Subject, What, read, write_event, write_header,
};
use tokio::io::AsyncWriteExt;

use crate::support::{
    client, config, connect, credential, history, issue, issue_bytes, kinds, post, read_answer, redeem, requests,
    responses, server, until,
};

#[tokio::test]
async fn neither_keys_nor_tokens_nor_personal_values_enter_a_history() {
    let server = server(&["techcentrix"]).await;
    let (client, base, sandbox) = (client(), server.vendor_url("techcentrix"), server.sandbox());
    sandbox.know("ann@example.com", "email#1");
    let token = credential(&client, &base, "ann").await;
    let session =
        redeem(&client, &base, &token, "i-1").send().await.unwrap().json::<serde_json::Value>().await.unwrap();
    let text: String = history(&sandbox).iter().map(|event| String::from_utf8(write_event(event)).unwrap()).collect();
    let secrets = ["standin-server-key", "standin-client-key", "ann@example.com", &token];
    for secret in secrets.into_iter().chain(session["accessToken"].as_str()) {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    for label in ["server_key#1", "client_key#1", "email#1", "credential#1", "session#1"] {
        assert!(text.contains(label), "{label} in {text}");
    }
}

#[tokio::test]
async fn a_history_reads_back_from_its_lines() {
    let server = server(&["techcentrix"]).await;
    credential(&client(), &server.vendor_url("techcentrix"), "ann").await;
    let mut bytes = write_header(&server.sandbox().header());
    for event in history(&server.sandbox()) {
        bytes.extend(write_event(&event));
    }
    let read = read(&bytes).unwrap();
    assert_eq!(read.events.len(), 2);
    assert_eq!(read.header.contracts[0].facts["credential.single_use"], "true");
}

#[tokio::test]
async fn a_history_on_disk_is_complete_when_the_answer_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(&["techcentrix"]);
    config.history_dir = Some(folder.path().to_owned());
    let server = standin_mock_server::MockServer::start(config).await.unwrap();
    server.sandbox().describe(vec![Subject::ClientBackend], vec!["ann".into()], vec!["restart".into()]);
    credential(&client(), &server.vendor_url("techcentrix"), "ann").await;
    let read = read(&std::fs::read(folder.path().join("default.jsonl")).unwrap()).unwrap();
    assert_eq!(read.events, history(&server.sandbox()).iter().map(|event| (**event).clone()).collect::<Vec<_>>());
    assert_eq!(read.header, server.sandbox().header());
}

#[tokio::test]
async fn a_request_that_breaks_off_is_recorded_with_what_came() {
    let server = server(&["techcentrix"]).await;
    let mut stream = connect(&server).await;
    let whole = issue_bytes("ann");
    stream.write_all(&whole[..whole.len() - 5]).await.unwrap();
    stream.shutdown().await.unwrap();
    drop(stream);
    until(&server.sandbox(), |what| matches!(what, What::SendFailed { .. })).await;
    assert_eq!(kinds(&server.sandbox()), [("request", 1), ("send failed", 1)]);
    assert!(requests(&server.sandbox())[0].body.as_ref().unwrap().text.contains("ann"));
    assert_eq!(server.sandbox().open_exchanges(Leg::BackendToVendor), 0);
}

#[tokio::test]
async fn a_step_says_what_was_asked_and_where_the_keys_stood() {
    let server = server(&["techcentrix"]).await;
    credential(&client(), &server.vendor_url("techcentrix"), "ann").await;
    let step = requests(&server.sandbox()).pop().unwrap().step.unwrap();
    assert_eq!(step.fields["external_id"], "ann");
    assert_eq!(step.key_places, ["authorization"]);
    let told = responses(&server.sandbox()).pop().unwrap();
    assert_eq!(told.fields["credential"], "credential#1");
    assert_eq!((told.fate, told.fault), (Fate::Delivered, None));
}

#[tokio::test]
async fn an_app_leg_is_recorded_redacted_with_its_outcome() {
    let server = server(&["techcentrix"]).await;
    let sandbox = server.sandbox();
    let token = credential(&client(), &server.vendor_url("techcentrix"), "ann").await;
    let asked = WireRequest { method: "POST".into(), target: "/token".into(), ..WireRequest::default() };
    let intent = AppIntent::new("credential", "user#1", Login::Valid);
    let exchange = sandbox.record_app_request(&asked, intent);
    assert_eq!(sandbox.open_exchanges(Leg::AppToBackend), 1);
    let answer = WireResponse { status: 200, headers: vec![], body: token.clone().into_bytes() };
    let outcome = AppOutcome { success: true, value: Some(token) };
    sandbox.record_app_response(exchange, &answer, Some(outcome));
    assert_eq!(sandbox.open_exchanges(Leg::AppToBackend), 0);
    let told = responses(&sandbox).pop().unwrap();
    assert_eq!(told.outcome.unwrap().value.as_deref(), Some("credential#1"));
    assert_eq!(told.placeholders[0].label, "credential#1");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let server = server(&["techcentrix"]).await;
    let mut stream = connect(&server).await;
    let mut bytes = post("/techcentrix/nowhere", "{}");
    bytes.extend(issue_bytes("ann"));
    stream.write_all(&bytes).await.unwrap();
    let mut text = read_answer(&mut stream).await;
    while !text.contains("HTTP/1.1 200") {
        text.push_str(&read_answer(&mut stream).await);
    }
    assert!(text.starts_with("HTTP/1.1 404"));
    assert_eq!(kinds(&server.sandbox()), [("request", 1), ("response", 1), ("request", 2), ("response", 2)]);
}

#[tokio::test]
async fn two_servers_with_one_seed_say_the_same() {
    let mut said = Vec::new();
    for _ in 0..2 {
        let server = server(&["techcentrix"]).await;
        let answer =
            issue(&client(), &server.vendor_url("techcentrix"), "standin-server-key", "ann").send().await.unwrap();
        said.push(answer.text().await.unwrap());
    }
    assert_eq!(said[0], said[1]);
}
