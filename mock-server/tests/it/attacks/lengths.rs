//! Wrong lengths: no client can hide one request inside another.

use super::server_under_attack::{ADMIN, Attack, ServerUnderAttack, Trace, VENDOR, request, trace_at};
use crate::support::{connect, exchange, requests, until};
use standin_contracts::history::What;

const BODY: &[u8] = b"{\"id\": \"ann\"}";
const HIDDEN: &str = "GET /techcentrix/hidden HTTP/1.1\r\nhost: mock\r\n\r\n";

#[tokio::test]
async fn lengths_that_are_no_number_or_not_one_are_refused() {
    let mut attacks = Vec::new();
    let lengths =
        ["-1", "+5", "0x5", "", "5 5", "5, 5", "99999999999999999999999", "5\r\ncontent-length: 13", "\u{0665}"];
    for path in [VENDOR, ADMIN] {
        for length in lengths {
            let bytes = request(&format!("POST {path}"), &format!("content-length: {length}\r\n"), BODY);
            let name = format!("a length of `{length}` at {path}");
            attacks.push(Attack::new(&name, bytes, 400, "its length can't be read", Trace::Count));
        }
    }
    ServerUnderAttack::new().await.withstands(attacks).await;
}

#[tokio::test]
async fn encodings_whose_end_nobody_knows_are_refused() {
    let mut attacks = Vec::new();
    for path in [VENDOR, ADMIN] {
        for encoding in ["gzip", "chunked, gzip", "identity", "xchunked", "\x0bchunked", "chunked;x=1", ""] {
            let headers = format!("transfer-encoding: {encoding}\r\ncontent-length: 5\r\n");
            let bytes = request(&format!("POST {path}"), &headers, b"0\r\n\r\n");
            let name = format!("`{encoding}` at {path}");
            attacks.push(Attack::new(&name, bytes, 400, "its length can't be read", Trace::Count));
        }
    }
    let old = format!("POST {VENDOR} HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n");
    attacks.push(Attack::new("chunks in HTTP/1.0", old, 400, "its length can't be read", Trace::Count));
    ServerUnderAttack::new().await.withstands(attacks).await;
}

#[tokio::test]
async fn chunks_that_can_not_be_read_are_told_so_and_recorded() {
    let mut attacks = Vec::new();
    let endless = format!("0\r\n{}", "a: b\r\n".repeat(100_000));
    let extended = format!("3;{}\r\nabc\r\n0\r\n\r\n", "x".repeat(100_000));
    let bodies = [
        ("no size", "zz\r\nabc\r\n0\r\n\r\n"),
        ("a negative size", "-1\r\nabc\r\n0\r\n\r\n"),
        ("a size beyond numbers", "fffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
        ("more than the size", "3\r\nabcd\r\n0\r\n\r\n"),
        ("bare line feeds", "3\nabc\n0\n\n"),
        ("a long extension", &extended),
        ("trailers without an end", &endless),
    ];
    for path in [VENDOR, ADMIN] {
        for (name, body) in bodies {
            let bytes = request(&format!("POST {path}"), "transfer-encoding: chunked\r\n", body.as_bytes());
            let name = format!("{name} at {path}");
            attacks.push(Attack::new(&name, bytes, 400, "the chunks of the body can't be read", trace_at(path)));
        }
    }
    ServerUnderAttack::new().await.withstands(attacks).await;
}

/// A proxy that follows the length would read the hidden request as a part of the body, or the other way round. The
/// chunks decide, and the connection ends with the answer (RFC 9112, section 6.3), so that no request can follow.
#[tokio::test]
async fn what_stands_behind_a_request_of_two_lengths_is_never_served() {
    let mut server_under_attack = ServerUnderAttack::new().await;
    let (chunks, body) = ("transfer-encoding: chunked\r\n", format!("0\r\n\r\n{HIDDEN}"));
    let length = format!("content-length: {}\r\n", body.len());
    for (number, headers) in [format!("{chunks}{length}"), format!("{length}{chunks}")].into_iter().enumerate() {
        for path in [VENDOR, ADMIN] {
            let mut stream = connect(&server_under_attack.server).await;
            let bytes = request(&format!("POST {path}"), &headers, body.as_bytes());
            let (text, _) = exchange(&mut stream, &bytes).await;
            assert_eq!(text.matches("standin-mock").count(), 1, "{text}");
            assert!(text.contains("connection: close"), "{text}");
        }
        let asked = requests(&server_under_attack.server.sandbox());
        assert_eq!(asked.len(), number + 1);
        assert!(asked.iter().all(|request| !request.target.contains("hidden")), "{asked:?}");
        server_under_attack.others_are_unharmed("two lengths").await;
    }
}

#[tokio::test]
async fn what_stands_behind_a_body_is_a_request_by_itself() {
    let mut server_under_attack = ServerUnderAttack::new().await;
    let mut stream = connect(&server_under_attack.server).await;
    let bytes = request(&format!("POST {VENDOR}"), "content-length: 3\r\n", BODY);
    let (text, _) = exchange(&mut stream, &bytes).await;
    assert!(text.starts_with("HTTP/1.1 415 ") && text.contains("this is no request in HTTP/1.1"), "{text}");
    assert_eq!(requests(&server_under_attack.server.sandbox()).len(), 1);
    server_under_attack.others_are_unharmed("a length too short").await;
}

#[tokio::test]
async fn a_body_that_ends_too_soon_is_recorded_as_far_as_it_came() {
    let mut server_under_attack = ServerUnderAttack::new().await;
    let mut stream = connect(&server_under_attack.server).await;
    let bytes = request(&format!("POST {VENDOR}"), "content-length: 100\r\n", BODY);
    tokio::io::AsyncWriteExt::write_all(&mut stream, &bytes).await.unwrap();
    drop(stream);
    until(&server_under_attack.server.sandbox(), |what| matches!(what, What::SendFailed { .. })).await;
    let request = requests(&server_under_attack.server.sandbox()).pop().unwrap();
    assert_eq!(request.body.unwrap().bytes, BODY.len());
    server_under_attack.others_are_unharmed("a length too long").await;
}
