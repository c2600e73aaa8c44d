//! Paths, methods and bodies that lead to no operation, and the answers to them.

use standin_contracts::history::Leg;
use standin_contracts::protocol::ReplyName;
use tokio::io::AsyncWriteExt;

use crate::support::{client, config, connect, heard, issue, kinds, post, read_answer, requests, responses, server};

#[tokio::test]
async fn an_unknown_path_is_told_what_there_is_and_is_recorded() {
    let server = server(&["techcentrix", "sentiance"]).await;
    let (status, problem) = heard(client().get(format!("{}/nowhere", server.vendor_url("techcentrix")))).await;
    assert_eq!(status, 404);
    let expected = problem["expected"].as_array().unwrap();
    assert!(expected.iter().any(|line| line == "POST /user/api/auth/external"), "{problem}");
    let request = requests(&server.sandbox()).pop().unwrap();
    assert_eq!((request.operation, request.vendor.as_deref()), (None, Some("techcentrix")));
    assert_eq!(request.leg, Leg::BackendToVendor);
    assert_eq!(responses(&server.sandbox())[0].status, 404);
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let server = server(&["techcentrix"]).await;
    let url = format!("{}/user/api/auth/external", server.vendor_url("techcentrix"));
    let answer = client().get(&url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["allow"].to_str().unwrap()), (405, "POST"));
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let answer = client().head(&url).send().await.unwrap();
    assert_eq!(answer.status(), 405);
    assert!(answer.bytes().await.unwrap().is_empty());
    assert_eq!(kinds(&server.sandbox()), [("request", 1), ("response", 1), ("request", 2), ("response", 2)]);
}

#[tokio::test]
async fn an_unknown_vendor_or_sandbox_is_told_those_that_there_are() {
    let server = server(&["techcentrix", "sentiance"]).await;
    let (status, problem) = heard(client().get(format!("{}/acme/x", server.url()))).await;
    assert_eq!((status, &problem["expected"]), (404, &serde_json::json!(["/techcentrix/", "/sentiance/"])));
    let (status, problem) = heard(client().get(format!("{}/s/mine/techcentrix/x", server.url()))).await;
    assert_eq!(status, 404);
    assert!(problem["detail"].as_str().unwrap().contains("`mine`; there is: default"), "{problem}");
    assert_eq!(requests(&server.sandbox()).len(), 2);
}

#[tokio::test]
async fn a_single_vendor_is_served_at_the_root_too() {
    let server = server(&["techcentrix"]).await;
    for base in [server.url().to_owned(), server.vendor_url("techcentrix"), format!("{}/s/default", server.url())] {
        let answer = issue(&client(), &base, "standin-server-key", "ann").send().await.unwrap();
        assert_eq!(answer.status(), 200, "{base}");
    }
    let targets: Vec<String> = requests(&server.sandbox()).into_iter().map(|request| request.target).collect();
    assert_eq!(targets, ["/user/api/auth/external"; 3]);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_after_the_key_and_before_its_shape() {
    let mut config = config(&["techcentrix"]);
    config.limits.body = 1000;
    let server = standin_mock_server::MockServer::start(config).await.unwrap();
    let url = format!("{}/user/api/auth/external", server.vendor_url("techcentrix"));
    let call = |key: &str, size: usize| client().post(&url).bearer_auth(key).body("x".repeat(size)).send();
    assert_eq!(call("standin-server-key", 1001).await.unwrap().status(), 413);
    assert_eq!(call("wrong", 1001).await.unwrap().status(), 401);
    assert_eq!(call("standin-server-key", 1000).await.unwrap().status(), 415);
    assert_eq!(responses(&server.sandbox())[0].reply, Some(ReplyName::TooLarge));
    assert_eq!(requests(&server.sandbox())[0].body.as_ref().unwrap().bytes, 1000);
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_and_recorded() {
    let server = server(&["techcentrix"]).await;
    let mut stream = connect(&server).await;
    let mut bytes = post("/techcentrix/user/api/auth/external", "....");
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&[0xff, 0xfe, 0x00, 0x80]);
    stream.write_all(&bytes).await.unwrap();
    let text = read_answer(&mut stream).await;
    assert!(text.starts_with("HTTP/1.1 400"), "{text}");
    let body = requests(&server.sandbox()).pop().unwrap().body.unwrap();
    assert!(body.base64);
    assert_eq!(body.bytes, 4);
}

#[tokio::test]
async fn a_header_that_is_no_text_does_no_harm() {
    let server = server(&["techcentrix"]).await;
    let mut stream = connect(&server).await;
    let mut bytes = b"GET /techcentrix/x HTTP/1.1\r\nhost: mock\r\nx-odd: ".to_vec();
    bytes.extend_from_slice(&[0xe9, 0xff]);
    bytes.extend_from_slice(b"\r\n\r\n");
    stream.write_all(&bytes).await.unwrap();
    assert!(read_answer(&mut stream).await.starts_with("HTTP/1.1 404"));
    assert_eq!(requests(&server.sandbox()).len(), 1);
}
